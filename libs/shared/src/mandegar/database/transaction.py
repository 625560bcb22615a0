"""The only module that commits. Statements that must take effect together share one of these blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import cast

from mandegar.database.audit import Act, write_act
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
async def transaction_of(act: Act, pool: Pool) -> AsyncIterator[WorkerConnection]:
    """One transaction of the worker role in which a route carries out ``act``; it ends by adding that to the audit."""
    async with transaction(pool) as connection:
        yield connection
        await write_act(connection, act)


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
async def as_shop_writing(pool: Pool, act: Act) -> AsyncIterator[ShopConnection]:
    """One transaction of the web role in which a route carries out ``act``, which it adds to the audit at its end.

    Row-level security restricts it to rows of the act's shop.
    """
    async with _of_shop(pool, act.shop, readonly=False) as connection:
        yield cast("ShopConnection", connection)
        await write_act(cast("ShopConnection", connection), act)


async def record_refusal(pool: Pool, act: Act, code: str, times: int) -> None:
    """Add an act that was refused to the audit, in a transaction of its own."""
    async with _of_shop(pool, act.shop, readonly=False) as connection:
        await write_act(cast("ShopConnection", connection), act, code, times)


@asynccontextmanager
async def as_customer_writing(pool: Pool, shop: str) -> AsyncIterator[ShopConnection]:
    """One transaction of the web role for the act of a customer without a token, whose own history records it."""
    async with _of_shop(pool, shop, readonly=False) as connection:
        yield cast("ShopConnection", connection)


@asynccontextmanager
async def _of_shop(pool: Pool, shop: str, *, readonly: bool) -> AsyncIterator[Connection]:
    async with _transaction(pool, readonly=readonly) as connection:
        await connection.execute("SELECT set_config('app.shop', $1, true)", shop)
        yield connection
