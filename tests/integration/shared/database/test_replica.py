"""A streaming replica of a real server: reads know up to when it is current, and do without it when it is not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from builders.events import NOON
from harness.databases import ServiceDatabase, service_database
from harness.replica import Replicated, replicated_servers
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.database import open_pool
from mandegar.service.replica import Replica

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    with replicated_servers(tmp_path_factory.mktemp("replicated") / "postgres") as both:
        yield both


@pytest.fixture
async def database(servers: Replicated) -> AsyncIterator[ServiceDatabase]:
    async with service_database(servers.primary_url, "churn") as database:
        yield database


@asynccontextmanager
async def replica_of(database: ServiceDatabase, url: str, lag_seconds_max: float = 10) -> AsyncIterator[Replica]:
    pool = await open_pool(url, name="test-replica", size_max=2, size_min=0)
    try:
        yield Replica(pool, database.worker, FrozenClock(NOON), lag_seconds_max=lag_seconds_max)
    finally:
        pool.terminate()


@pytest.fixture
async def replica(servers: Replicated, database: ServiceDatabase) -> AsyncIterator[Replica]:
    async with replica_of(database, servers.moved(database.web_url)) as replica:
        yield replica


def clock_of(replica: Replica) -> FrozenClock:
    assert isinstance(replica._clock, FrozenClock)
    return replica._clock


async def looks(replica: Replica) -> None:
    """Look until the replica holds what the primary has now."""

    async def held() -> bool:
        await replica.look()
        return replica.as_of == clock_of(replica).now()

    await eventually(held, bool)


async def write(database: ServiceDatabase, name: str) -> None:
    await database.worker.execute("INSERT INTO shops (shop, version, name, zone, currency, locale, phone_region,"
        " sender_email, sms_sender) VALUES ($1, 1, '', 'UTC', 'EUR', 'en', 'DE', '', '')", name)  # fmt: skip


async def shops(servers: Replicated, database: ServiceDatabase) -> int:
    pool = await open_pool(servers.moved(database.worker_url), name="test", size_max=1)
    try:
        return int(await pool.fetchval("SELECT count(*) FROM shops"))
    finally:
        pool.terminate()


async def test_a_replica_holds_what_was_committed_until_the_time_that_it_says(servers, database, replica):
    for number in range(20):
        await write(database, f"s{number}")
        clock_of(replica).advance(HOUR)
        await looks(replica)

        assert await shops(servers, database) == number + 1
    assert await replica.check() is None


async def test_the_time_stands_still_while_the_replica_does_not_replay(servers, database, replica):
    await looks(replica)
    await servers.replay(paused=True)
    try:
        await write(database, "later")
        clock_of(replica).advance(HOUR)
        await replica.look()
        assert replica.as_of == NOON
        assert await replica.holds_present(0.1) is False
    finally:
        await servers.replay(paused=False)
    await looks(replica)
    assert replica.as_of == NOON + HOUR


async def test_who_waits_for_the_replica_goes_on_when_it_holds_what_was_committed(servers, database, replica):
    looking = asyncio.create_task(replica.run())
    await eventually(lambda: replica.as_of is not None, bool)
    await servers.replay(paused=True)
    await write(database, "later")
    waiting = asyncio.create_task(replica.holds_present(10))
    await asyncio.sleep(0.3)  # several looks
    assert not waiting.done()
    await servers.replay(paused=False)

    assert await waiting
    assert await shops(servers, database) == 1
    looking.cancel()


async def test_a_replica_that_is_too_far_behind_is_not_used(servers, database):
    async with replica_of(database, servers.moved(database.web_url), lag_seconds_max=0.2) as replica:
        await looks(replica)
        await servers.replay(paused=True)
        try:
            await write(database, "later")
            await replica.look()
            await asyncio.sleep(0.3)  # longer than it may be behind
            await replica.look()
            assert replica.as_of is None
            assert "s behind; reads go to the primary" in (await replica.check() or "")
            assert await replica.holds_present(0) is True  # nobody waits for a replica that no read uses
        finally:
            await servers.replay(paused=False)
        await looks(replica)


async def test_a_replica_that_is_away_is_not_used_until_it_is_back(servers, database, replica):
    await looks(replica)
    await asyncio.to_thread(servers.stop_replica)
    try:
        await replica.look()
        assert replica.as_of is None
        assert "does not answer" in (await replica.check() or "")
    finally:
        await asyncio.to_thread(servers.start_replica)
    await looks(replica)


async def test_a_replica_serves_on_while_the_primary_is_away_as_of_the_last_time_that_is_certain(database, replica):
    await looks(replica)
    database.worker.terminate()
    clock_of(replica).advance(HOUR)
    await replica.look()

    assert replica.as_of == NOON


async def test_a_server_that_is_no_replica_of_the_database_is_not_used(database, postgres):
    async with replica_of(database, database.web_url) as itself:
        await itself.look()
        assert itself.as_of is None
        assert "is a primary" in (await itself.check() or "")
    async with service_database(postgres, "churn") as other, replica_of(database, other.web_url) as stranger:
        await stranger.look()
        assert stranger.as_of is None
        assert "not a replica of this database" in (await stranger.check() or "")
