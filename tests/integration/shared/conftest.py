"""The toy service's database, for the tests of the stream itself."""

from collections.abc import AsyncIterator

import pytest

from harness.databases import ServiceDatabase
from harness.toy import toy_database


@pytest.fixture
async def toy(postgres: str) -> AsyncIterator[ServiceDatabase]:
    async with toy_database(postgres) as database:
        yield database
