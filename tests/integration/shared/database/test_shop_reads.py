"""A read by function sees one shop, and however it ends, its connection keeps nothing of that shop.

A pool of one connection: whatever a read left behind, the next user of the pool would have. And a pool of two, of which
reads keep one: whatever a read left behind, the next read would have.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from functools import partial

import asyncpg
import pytest

from harness.databases import ServiceDatabase
from harness.waiting import eventually
from mandegar.database import (
    Act,
    Pool,
    ShopRead,
    answering_within,
    as_shop,
    as_shop_writing,
    open_pool,
    read_of_shop,
    transaction,
)
from mandegar.database.migrations import create_shop_read
from mandegar.database.transient import TRANSIENT_CLASSES

# No condition names the shop: what is seen follows from row-level security alone.
# Of this process alone: other workers of the suite use the same server.
NAME = f"one-of-{os.getpid()}"

SEEN = ShopRead("seen", {}, {"shop": "text", "customer_id": "text"}, "SELECT shop, customer_id FROM customers")
BROKEN = ShopRead("broken", {"by": "int"}, {"value": "int"}, "SELECT 1 / by FROM customers")
SLOW = ShopRead("slow", {}, {"shop": "text"}, "SELECT shop FROM customers, pg_sleep(30)")
WRITING = ShopRead("writing", {}, {"shop": "text"}, "INSERT INTO customers SELECT * FROM customers RETURNING shop")
ACT = Act("evil", "k", None, "programme.put", "programme", None)


class _Executing:
    """What a migration has for ``create_shop_read``, on a connection of our own."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, statement: str) -> None:
        self.statements.append(statement)


@pytest.fixture
async def database(make_database) -> ServiceDatabase:
    database = await make_database("loyalty")
    migration = _Executing()
    for read in (SEEN, BROKEN, SLOW, WRITING):
        create_shop_read(migration, "loyalty", read)
    owner = await asyncpg.connect(database.owner_url)
    for statement in migration.statements:
        await owner.execute(statement)
    await owner.close()
    async with transaction(database.worker) as connection:
        for shop in ("s", "evil"):
            await connection.execute(
                "INSERT INTO customers (shop, customer_id, partition) VALUES ($1, 'of-' || $1, 0)", shop
            )
    return database


@pytest.fixture(params=[1, 2])
async def pool(request: pytest.FixtureRequest, database: ServiceDatabase) -> AsyncIterator[Pool]:
    pool = await open_pool(database.web_url, name=NAME, size_max=request.param)
    yield pool
    pool.terminate()


async def assert_clean(pool: Pool) -> None:
    """No connection has a shop, sees a row or runs anything, and each shop is served its own rows."""
    async with asyncio.timeout(5), pool.acquire() as connection:
        assert not connection.is_in_transaction()
        for fetch in (connection.fetch, partial(pool.reads.fetch, seconds=5) if pool.get_max_size() > 1 else None):
            if fetch is not None:
                assert await fetch("SELECT coalesce(current_setting('app.shop', true), '')") == [("",)]
                assert await fetch("SELECT * FROM customers") == []
    for shop in ("evil", "s"):
        assert await read_of_shop(pool, SEEN, shop) == [(shop, f"of-{shop}")]


async def test_a_read_sees_its_shop_by_row_level_security_alone(pool: Pool):
    for shop in ("s", "evil", "s", "neither"):
        assert [row["shop"] for row in await read_of_shop(pool, SEEN, shop)] == [shop] * (shop != "neither")
    await assert_clean(pool)


async def test_a_read_within_anothers_transaction_ends_with_its_own_shop(pool: Pool):
    async with as_shop(pool, "s") as connection:
        assert [row["shop"] for row in await connection.fetch(SEEN.call, "evil")] == ["evil"]
    await assert_clean(pool)


async def test_a_read_that_fails_leaves_nothing(pool: Pool):
    for shop in ("s", "evil"):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await read_of_shop(pool, BROKEN, shop, 0)
        with pytest.raises(asyncpg.DataError):
            await read_of_shop(pool, BROKEN, shop, "no number")
        await assert_clean(pool)


async def test_a_read_that_is_cancelled_leaves_nothing_and_runs_no_longer(pool: Pool, database: ServiceDatabase):
    for patience in (0, 0.001, 0.01, 0.3):
        reading = asyncio.create_task(read_of_shop(pool, SLOW, "s"))
        await asyncio.sleep(patience)  # at each moment of a read
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await assert_clean(pool)
    await eventually(lambda: running_of(database), lambda count: count == 0)


async def test_a_read_that_takes_too_long_ends_in_time_and_leaves_nothing(pool: Pool, database: ServiceDatabase):
    with answering_within(0.2), pytest.raises(TimeoutError):
        await read_of_shop(pool, SLOW, "s")
    await assert_clean(pool)
    await eventually(lambda: running_of(database), lambda count: count == 0)


async def test_a_read_without_a_free_connection_ends_in_time(pool: Pool):
    async with AsyncExitStack() as held:
        for _ in range(pool.get_max_size()):
            await held.enter_async_context(pool.acquire())
        with answering_within(0.2), pytest.raises(TimeoutError):
            await read_of_shop(pool, SEEN, "s")
    await assert_clean(pool)


async def test_a_read_whose_backend_is_killed_leaves_nothing(pool: Pool, postgres: str):
    admin = await asyncpg.connect(postgres)
    kill = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{NAME}'"
    reading = asyncio.create_task(read_of_shop(pool, SLOW, "s"))
    await eventually(lambda: admin.fetchval(f"SELECT count(*) FROM ({kill}) AS killed"), bool)
    with pytest.raises(TRANSIENT_CLASSES):
        await reading
    await assert_clean(pool)
    await admin.fetch(kill)  # at rest
    await admin.close()
    # The driver hears of an end at rest in two steps, between which a connection counts as open: its next use fails.
    for _ in range(pool.get_max_size()):
        with suppress(*TRANSIENT_CLASSES):
            await read_of_shop(pool, SEEN, "s")
        with suppress(*TRANSIENT_CLASSES):
            await pool.fetchval("SELECT 1")
    await assert_clean(pool)


async def test_who_uses_the_connection_next_works_for_its_own_shop(pool: Pool):
    await read_of_shop(pool, SEEN, "s")
    async with as_shop(pool, "evil") as connection:
        assert {row["shop"] for row in await connection.fetch("SELECT shop FROM customers")} == {"evil"}
    await read_of_shop(pool, SEEN, "s")
    async with as_shop_writing(pool, ACT) as connection:
        assert {row["shop"] for row in await connection.fetch("SELECT shop FROM customers")} == {"evil"}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):  # of its own shop is written down nothing for another
        async with as_shop_writing(pool, ACT) as connection:
            await connection.execute("INSERT INTO audit (shop, key_id, action, target) VALUES ('s', 'k', 'a', 't')")
    await assert_clean(pool)


async def test_a_read_cannot_write_and_the_worker_cannot_call_it(pool: Pool, database: ServiceDatabase):
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="not allowed in a non-volatile function"):
        await read_of_shop(pool, WRITING, "s")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await read_of_shop(database.worker, SEEN, "s")
    await assert_clean(pool)


async def running_of(database: ServiceDatabase) -> int:
    async with transaction(database.worker) as connection:
        return int(
            await connection.fetchval(
                f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{NAME}' AND query LIKE '%slow(%'"
                " AND state = 'active'"
            )
        )
