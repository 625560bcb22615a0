"""Fixtures of all tests: servers start when the first test asks for them, and only then."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from mandegar_local.topics import create_topics

sys.path.insert(0, str(Path(__file__).parent))

from harness.databases import ServiceDatabase, service_database
from harness.servers import kafka_server, postgres_server

_prefixes = count()

# A machine that is busy with something else is no fault of what is tested on it.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


class MakeDatabase(Protocol):
    async def __call__(self, service: str) -> ServiceDatabase: ...


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a superuser on a real PostgreSQL."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap address of a real Kafka."""
    with kafka_server() as bootstrap:
        yield bootstrap


@pytest.fixture
async def make_database(postgres: str) -> AsyncIterator[MakeDatabase]:
    """Gives ``await make_database("loyalty")``: an empty, migrated database of that service, for this test alone."""
    async with AsyncExitStack() as stack:

        async def make(service: str) -> ServiceDatabase:
            context: AbstractAsyncContextManager[ServiceDatabase] = service_database(postgres, service)
            return await stack.enter_async_context(context)

        yield make


@pytest.fixture
async def topic_prefix(kafka: str) -> str:
    """A prefix under which all topics exist, for this test alone."""
    prefix = f"t{next(_prefixes)}."
    await create_topics(kafka, prefix=prefix, partitions=12)
    return prefix
