"""Fixtures of all tests: servers start when the first test asks for them, and only then."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

# Before anything loads numpy: threads of its linear algebra would wait for each other beside other tests, and sums that
# are divided among them end in other last digits than those of a fit's own process.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics

sys.path.insert(0, str(Path(__file__).parent))

from harness.databases import ServiceDatabase, service_database
from harness.dividing import Dividing
from harness.lending import SERVERS, Lender, borrow
from harness.standstill import Watch, run_again_after_standstill, standstills
from harness.worker import own

_prefixes = count()

# A machine that is busy with something else is no fault of what is tested on it.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


LENDER = pytest.StashKey[Lender]()
WATCH = pytest.StashKey[Watch]()


class MakeDatabase(Protocol):
    async def __call__(self, service: str) -> ServiceDatabase: ...


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker of a divided run where to ask for servers (a hook of pytest-xdist)."""
    if LENDER not in node.config.stash:
        lender = node.config.stash[LENDER] = Lender()
        node.config.add_cleanup(lender.stop)
    node.workerinput["lender"] = node.config.stash[LENDER].address


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Dividing:
    """Divide the run in our own way (a hook of pytest-xdist)."""
    return Dividing(config, log)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[WATCH] = Watch()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run each test so that a machine that stands still is no fault of what is tested on it."""
    run_again_after_standstill(item, nextitem, item.config.stash[WATCH])
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were run again, and why."""
    reports = [each for name in ("passed", "failed") for each in terminalreporter.getreports(name)]
    if lines := standstills(reports):
        terminalreporter.section("the machine stood still")
        for line in lines:
            terminalreporter.line(line)


@contextmanager
def _server(name: str, config: pytest.Config) -> Iterator[str]:
    """The address of the run's server: a worker borrows it, a run in one process starts and stops its own."""
    if (given := getattr(config, "workerinput", None)) is not None:
        yield borrow(given["lender"], name)
    else:
        with SERVERS[name]() as address:
            yield address


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[str]:
    """URL of a superuser on a real PostgreSQL."""
    with _server("postgres", pytestconfig) as url:
        yield url


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[str]:
    """Bootstrap address of a real Kafka."""
    with _server("kafka", pytestconfig) as bootstrap:
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
    prefix = own(f"t{next(_prefixes)}.")
    await create_topics(Broker(kafka), prefix=prefix, partitions=12)
    return prefix
