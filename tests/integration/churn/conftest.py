"""Churn on a real database, for each test alone."""

from collections.abc import AsyncIterator

import pytest

from harness.cdnow import Cdnow
from harness.churn_service import Churn, churn_service


@pytest.fixture
async def churn(make_database) -> AsyncIterator[Churn]:
    async with churn_service(await make_database("churn")) as service:
        yield service


@pytest.fixture(scope="session")
def cdnow() -> Cdnow:
    return Cdnow()
