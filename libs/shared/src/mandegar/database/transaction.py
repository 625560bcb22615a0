"""The only module that commits. Statements that must take effect together share one of these blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import cast

from mandegar.database.pool import Connection, Pool, ReadConnection, ShopConnection, WorkerConnection

ACQUIRE_SECONDS = 5.0
_awaiting_commit: ContextVar[list[Callable[[], object]] | None] = ContextVar("awaiting_commit", default=None)


def after_commit(call: Callable[[], object]) -> None:
    """Register ``call`` to run after the enclosing worker transaction commits; a rollback discards it.

    For counters only: it does not run if the process dies, or if the outcome of the commit is unknown. Raises
    ``RuntimeError`` outside a worker transaction.
    """
    calls = _awaiting_commit.get()
    if calls is None:
        raise RuntimeError("after_commit was called outside a worker transaction")
    calls.append(call)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[WorkerConnection]:
    """One transaction of the worker role: commits when the block ends, rolls back when it raises."""
    with _collected() as calls:
        async with _transaction(pool) as connection:
            yield cast("WorkerConnection", connection)
        for call in calls:
            call()


@asynccontextmanager
async def _transaction(pool: Pool, *, readonly: bool = False) -> AsyncIterator[Connection]:
    try:
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction(readonly=readonly):
            yield connection
    except Exception as error:
        # If the rollback after a cancellation fails, its error replaces the cancellation and would be retried.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


@contextmanager
def _collected() -> Iterator[list[Callable[[], object]]]:
    """The list to which ``after_commit`` appends during the block; emptied at its end.

    A pooled connection keeps a reference to the context in which it was used, so the list must not stay in it.
    """
    outer, calls = _awaiting_commit.get(), list[Callable[[], object]]()
    _awaiting_commit.set(calls)
    try:
        yield calls
    finally:
        _awaiting_commit.set(outer)
        calls.clear()


@asynccontextmanager
async def as_shop(pool: Pool, shop: str) -> AsyncIterator[ReadConnection]:
    """One read-only transaction of the web role; row-level security shows it the rows of ``shop`` alone."""
    async with _of_shop(pool, shop, readonly=True) as connection:
        yield cast("ReadConnection", connection)


@asynccontextmanager
async def as_shop_writing(pool: Pool, shop: str) -> AsyncIterator[ShopConnection]:
    """One transaction of the web role that reads and writes; row-level security restricts it to rows of ``shop``."""
    async with _of_shop(pool, shop, readonly=False) as connection:
        yield cast("ShopConnection", connection)


@asynccontextmanager
async def _of_shop(pool: Pool, shop: str, *, readonly: bool) -> AsyncIterator[Connection]:
    async with _transaction(pool, readonly=readonly) as connection:
        await connection.execute("SELECT set_config('app.shop', $1, true)", shop)
        yield connection
