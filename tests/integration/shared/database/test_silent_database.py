"""A database that falls silent: who waits for an answer gets an error in time, and the pool recovers with the thaw."""

import asyncio
import time

import pytest

from harness.freezing import frozen, own_postgres
from harness.toy import toy_database
from harness.waiting import eventually
from mandegar.database import answering_within, as_shop, is_transient, ping, transaction
from mandegar.database.transaction import savepoint

SECONDS = 0.6
# Far above the limit, far below the 15 s that the driver waits for a silent server to confirm a cancellation.
SOON = 5.0


async def read(toy):
    async with as_shop(toy.web, "s") as connection:
        await connection.fetchval("SELECT 1")


@pytest.fixture
async def own(tmp_path):
    """The toy's database on a server for this test alone, and the server's pid."""
    with own_postgres(tmp_path / "postgres") as (url, pid):
        async with toy_database(url) as toy:
            await asyncio.gather(*(read(toy) for _ in range(4)))
            yield toy, pid


async def test_requests_are_answered_in_time_and_pools_recover(own):
    toy, pid = own

    async def ask(work):
        began = time.monotonic()
        with answering_within(SECONDS), pytest.raises(Exception) as raised:
            await work(toy)
        assert is_transient(raised.value), raised.value
        assert time.monotonic() - began < SOON

    with frozen(pid):
        for _ in range(2):
            # More than the pool has connections.
            await asyncio.gather(*(ask(read) for _ in range(12)))

    await eventually(lambda: _answers(toy), bool, seconds=20)
    await asyncio.gather(*(read(toy) for _ in range(12)))
    in_transaction = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    await eventually(lambda: toy.worker.fetchval(in_transaction), lambda count: count == 0, seconds=20)
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-web'"
    await eventually(lambda: toy.worker.fetchval(sessions), lambda count: count <= 4, seconds=20)


async def test_a_server_that_falls_silent_within_a_savepoint_is_not_waited_for_either(own):
    toy, pid = own

    async def slow():
        async with transaction(toy.worker) as connection, savepoint(connection):
            await connection.fetchval("SELECT pg_sleep(0.3)")
            await connection.fetchval("SELECT pg_sleep(30)")

    began = time.monotonic()
    with answering_within(1.0):
        task = asyncio.create_task(slow())
    await asyncio.sleep(0.2)
    with frozen(pid), pytest.raises(TimeoutError):
        await task
    assert time.monotonic() - began < SOON


async def _answers(toy):
    try:
        async with asyncio.timeout(2):
            await ping(toy.worker)
    except (OSError, TimeoutError):
        return False
    return True
