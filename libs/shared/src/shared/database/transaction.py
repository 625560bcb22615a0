"""The only file that commits. Everything that must happen together is inside one of these blocks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.database.pool import Connection, Pool

ACQUIRE_SECONDS = 5.0


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction of the worker role: commits when the block ends, rolls back when it raises."""
    try:
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
            yield connection
    except Exception as error:
        # A roll-back that fails takes the place of the cancellation which caused it, and looks like weather.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


@asynccontextmanager
async def as_shop(pool: Pool, shop: str, *, readonly: bool = True) -> AsyncIterator[Connection]:
    """One transaction of the web role that sees the rows of ``shop`` alone: the second wall behind the token."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction(readonly=readonly):
        await connection.execute("SELECT set_config('app.shop', $1, true)", shop)
        yield connection
