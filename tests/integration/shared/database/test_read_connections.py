"""Reads keep connections of their own: transactions find theirs, and however a read ends, its turn comes back."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import asyncpg
import pytest

from harness.databases import ServiceDatabase
from harness.waiting import eventually
from mandegar.database import Pool, open_pool, read_connections, transaction
from mandegar.database.transient import TRANSIENT_CLASSES

SIZE = 6
KEPT = SIZE // 2
# Of this process alone: other workers of the suite use the same server.
NAME = f"reads-of-{os.getpid()}"
_OPEN = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{NAME}'"
_KILL = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{NAME}'"


@pytest.fixture
async def database(make_database) -> ServiceDatabase:
    return await make_database("loyalty")


@pytest.fixture
async def pool(database: ServiceDatabase) -> AsyncIterator[Pool]:
    pool = await open_pool(database.web_url, name=NAME, size_max=SIZE)
    yield pool
    pool.terminate()


async def backend(pool: Pool) -> int:
    [row] = await pool.reads.fetch("SELECT pg_backend_pid()", seconds=5)
    return int(row[0])


async def slow(pool: Pool, seconds: float = 30) -> None:
    await pool.reads.fetch("SELECT pg_sleep($1)", seconds, seconds=60)


async def assert_whole(pool: Pool) -> None:
    """As many reads as ever run at once, and transactions find the other connections beside them."""
    async with asyncio.timeout(10):
        reading = [asyncio.create_task(slow(pool)) for _ in range(KEPT)]
        async with AsyncExitStack() as held:
            others = [await held.enter_async_context(pool.acquire()) for _ in range(SIZE - KEPT)]
            running = f"{_OPEN} AND query LIKE '%pg_sleep%' AND state = 'active'"
            assert await eventually(lambda: others[0].fetchval(f"{running} AND pid <> pg_backend_pid()"), KEPT.__eq__)
        await stopped(reading)


async def stopped(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_reads_one_after_the_other_have_one_connection(pool: Pool):
    assert len({await backend(pool) for _ in range(20)}) == 1


async def test_transactions_find_a_connection_however_many_reads_there_are(pool: Pool):
    reading = [asyncio.create_task(slow(pool)) for _ in range(4 * SIZE)]
    await asyncio.sleep(0.2)
    async with asyncio.timeout(2), transaction(pool) as connection:
        assert await connection.fetchval("SELECT 1") == 1
    await stopped(reading)
    await assert_whole(pool)


async def test_reads_find_a_connection_however_many_transactions_there_are(pool: Pool):
    for _ in range(2 * KEPT):
        await asyncio.gather(*(slow(pool, 0.02) for _ in range(KEPT)))
    async with AsyncExitStack() as held:
        for _ in range(SIZE - KEPT):
            await held.enter_async_context(pool.acquire())
        async with asyncio.timeout(2):
            await asyncio.gather(*(backend(pool) for _ in range(4 * SIZE)))
    await assert_whole(pool)


async def test_a_read_that_waits_for_its_turn_ends_in_time(pool: Pool):
    reading = [asyncio.create_task(slow(pool)) for _ in range(KEPT)]
    await asyncio.sleep(0.1)
    async with asyncio.timeout(10):
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await pool.reads.fetch("SELECT 1", seconds=0.1)
    await stopped(reading)
    await assert_whole(pool)


async def test_reads_wait_in_the_order_of_their_arrival(pool: Pool):
    finished: list[int] = []

    async def read(number: int) -> None:
        await slow(pool, 0.005)
        finished.append(number)

    others = [asyncio.create_task(slow(pool)) for _ in range(KEPT - 1)]
    await asyncio.sleep(0.1)
    await asyncio.gather(*(read(number) for number in range(10)))
    assert finished == list(range(10))
    await stopped(others)


async def test_a_connection_that_was_closed_at_rest_is_not_read_from(pool: Pool, postgres: str):
    admin = await asyncpg.connect(postgres)
    before = await backend(pool)
    await admin.fetch(_KILL)
    still = f"{_OPEN} AND pid = {before}"
    await eventually(lambda: admin.fetchval(still), (0).__eq__)
    await asyncio.sleep(0.05)  # the process hears of it
    assert await backend(pool) != before
    await admin.close()
    await assert_whole(pool)


async def test_a_connection_that_has_rested_long_is_closed(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    before = await backend(pool)
    monkeypatch.setattr(read_connections, "REST_SECONDS", 0.0)
    assert await backend(pool) != before
    await assert_whole(pool)


async def test_a_connection_goes_back_after_many_reads(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(read_connections, "READS_MAX", 3)
    for _ in range(3):
        await backend(pool)
    async with AsyncExitStack() as held, asyncio.timeout(2):
        for _ in range(SIZE):
            await held.enter_async_context(pool.acquire())


async def test_a_pool_that_ends_closes_what_reads_keep(pool: Pool, postgres: str):
    admin = await asyncpg.connect(postgres)
    await asyncio.gather(*(slow(pool, 0.02) for _ in range(KEPT)))
    reading = asyncio.create_task(slow(pool))
    await asyncio.sleep(0.1)
    pool.terminate()
    await eventually(lambda: admin.fetchval(_OPEN), (0).__eq__)
    with pytest.raises(TRANSIENT_CLASSES):
        await reading
    with pytest.raises(TRANSIENT_CLASSES):
        await backend(pool)
    await admin.close()


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_to_reads_none_loses_a_turn_or_a_connection(pool: Pool, postgres: str, seed: int):
    draw = random.Random(seed)
    admin = await asyncpg.connect(postgres)

    async def read(number: int) -> None:
        kind = draw.choice(["plain", "plain", "slow", "late", "broken", "refused"])
        with suppress(*TRANSIENT_CLASSES):
            if kind == "slow":
                await slow(pool, draw.random() / 20)
            elif kind == "late":
                await pool.reads.fetch("SELECT pg_sleep(1)", seconds=draw.random() / 50)
            elif kind == "broken":
                await pool.reads.fetch("SELECT 1 / ($1::int - $1)", number, seconds=5)
            elif kind == "refused":
                await pool.reads.fetch("SELECT $1::int", "no number", seconds=5)
            else:
                assert await pool.reads.fetch("SELECT $1::int", number, seconds=5) == [(number,)]

    for turn in range(20):
        reading = [asyncio.create_task(read(number)) for number in range(draw.randrange(3 * SIZE))]
        await asyncio.sleep(draw.random() / 50)
        for task in reading:
            if draw.random() < 0.3:
                task.cancel()
        if turn % 5 == 4:
            await admin.fetch(_KILL)
        for outcome in await asyncio.gather(*reading, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
    await admin.close()
    with suppress(*TRANSIENT_CLASSES):
        await backend(pool)
    await assert_whole(pool)
