"""Ingest on a real database, for each test alone."""

from collections.abc import AsyncIterator

import pytest

from harness.ingest_service import Ingest, ingest_service


@pytest.fixture
async def ingest(make_database) -> AsyncIterator[Ingest]:
    async with ingest_service(await make_database("ingest")) as service:
        yield service
