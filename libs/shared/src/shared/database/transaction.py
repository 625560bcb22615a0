"""The only file that commits. Everything that must happen together is inside one of these blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from shared.database.pool import Connection, Pool

ACQUIRE_SECONDS = 5.0
_awaiting_commit: ContextVar[list[Callable[[], object]] | None] = ContextVar("awaiting_commit", default=None)


def once_committed(call: Callable[[], object]) -> None:
    """Call something when the worker's transaction around us is committed, and not at all when it is rolled back.

    For what only counts: it is lost with the process, and where the answer to a commit was lost. It should hold
    nothing large: the timers of a pooled connection keep the context in which it was given back.
    """
    calls = _awaiting_commit.get()
    if calls is None:
        raise RuntimeError("once_committed is for the inside of a worker's transaction")
    calls.append(call)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction of the worker role: commits when the block ends, rolls back when it raises."""
    outer, calls = _awaiting_commit.get(), list[Callable[[], object]]()
    _awaiting_commit.set(calls)
    try:
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
            yield connection
    except Exception as error:
        # A roll-back that fails takes the place of the cancellation which caused it, and looks like weather.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise
    finally:
        _awaiting_commit.set(outer)
    while calls:
        calls.pop()()


@asynccontextmanager
async def as_shop(pool: Pool, shop: str, *, readonly: bool = True) -> AsyncIterator[Connection]:
    """One transaction of the web role that sees the rows of ``shop`` alone: the second wall behind the token."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction(readonly=readonly):
        await connection.execute("SELECT set_config('app.shop', $1, true)", shop)
        yield connection
