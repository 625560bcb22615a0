"""What a transaction holds while it waits for one row of somebody else: the order in which it takes its locks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from harness.waiting import eventually
from mandegar.database import Connection, Pool, transaction

Work = Callable[[Connection], Awaitable[object]]


@asynccontextmanager
async def waiting_behind(pool: Pool, holder: Work, waiter: Work) -> AsyncIterator[None]:
    """Inside the block ``waiter``'s transaction waits for what ``holder``'s has; both end with it, without effect."""

    async def wait() -> None:
        async with transaction(pool) as connection:
            await waiter(connection)
            raise asyncio.CancelledError

    async with transaction(pool) as connection:
        await holder(connection)
        task = asyncio.create_task(wait())
        try:
            await until_waiting(pool, 1)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until_waiting(pool: Pool, transactions: int) -> None:
    """Until so many transactions on this database wait for a lock: less long than a session waits for one."""
    waiting = """
        SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()
        """
    await eventually(lambda: pool.fetchval(waiting), lambda count: count >= transactions, seconds=2.5)


async def is_free(pool: Pool, work: Work) -> bool:
    """Whether ``work`` has to wait for nobody; it has no effect."""
    async with pool.acquire() as connection:
        trial = connection.transaction()
        await trial.start()
        try:
            await connection.execute("SET LOCAL lock_timeout = '100ms'")
            await work(connection)
        except asyncpg.LockNotAvailableError:
            return False
        else:
            return True
        finally:
            await trial.rollback()
