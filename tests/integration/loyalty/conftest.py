"""Loyalty on a real database, for each test alone."""

from collections.abc import AsyncIterator

import pytest

from harness.loyalty_service import Loyalty, loyalty_service


@pytest.fixture
async def loyalty(make_database) -> AsyncIterator[Loyalty]:
    async with loyalty_service(await make_database("loyalty")) as service:
        yield service
