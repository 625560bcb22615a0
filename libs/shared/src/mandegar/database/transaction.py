"""The only file that commits. Everything that must happen together is inside one of these blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import cast

from mandegar.database.pool import Connection, Pool, ReadConnection, ShopConnection, WorkerConnection

ACQUIRE_SECONDS = 5.0
_awaiting_commit: ContextVar[list[Callable[[], object]] | None] = ContextVar("awaiting_commit", default=None)


def once_committed(call: Callable[[], object]) -> None:
    """Call something when the worker's transaction around us is committed, and not at all when it is rolled back.

    For what only counts: it is lost with the process, and where the answer to a commit was lost.
    """
    calls = _awaiting_commit.get()
    if calls is None:
        raise RuntimeError("once_committed is for the inside of a worker's transaction")
    calls.append(call)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[WorkerConnection]:
    """One transaction of the worker role: commits when the block ends, rolls back when it raises."""
    with _collected() as calls:
        try:
            async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
                yield cast("WorkerConnection", connection)
        except Exception as error:
            # A roll-back that fails takes the place of the cancellation which caused it, and looks like weather.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError from error
            raise
        for call in calls:
            call()


@contextmanager
def _collected() -> Iterator[list[Callable[[], object]]]:
    """What the block hands to ``once_committed``. Nothing of it is left behind: a pooled connection goes on holding the
    context in which it was used."""
    outer, calls = _awaiting_commit.get(), list[Callable[[], object]]()
    _awaiting_commit.set(calls)
    try:
        yield calls
    finally:
        _awaiting_commit.set(outer)
        calls.clear()


@asynccontextmanager
async def as_shop(pool: Pool, shop: str) -> AsyncIterator[ReadConnection]:
    """One transaction of the web role that reads the rows of ``shop`` alone: row-level security behind the token."""
    async with _of_shop(pool, shop, readonly=True) as connection:
        yield cast("ReadConnection", connection)


@asynccontextmanager
async def as_shop_writing(pool: Pool, shop: str) -> AsyncIterator[ShopConnection]:
    """One transaction of the web role that reads and writes the rows of ``shop`` alone."""
    async with _of_shop(pool, shop, readonly=False) as connection:
        yield cast("ShopConnection", connection)


@asynccontextmanager
async def _of_shop(pool: Pool, shop: str, *, readonly: bool) -> AsyncIterator[Connection]:
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction(readonly=readonly):
        await connection.execute("SELECT set_config('app.shop', $1, true)", shop)
        yield connection
