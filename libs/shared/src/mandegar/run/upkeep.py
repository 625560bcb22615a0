"""What keeps a database in shape while its service runs: partitions ahead of time, what is old dropped."""

import asyncio
from datetime import datetime, timedelta

import asyncpg

from mandegar.clock import Clock, monotonic_seconds
from mandegar.database import Pool, transaction
from mandegar.lanes import inbox
from mandegar.service.background import every
from mandegar.telemetry.logging import logger

log = logger(__name__)

HOUR = 3600.0
RETRY_SECONDS = 5.0
MIGRATIONS_WAIT_SECONDS = 60.0
INBOX_RETENTION = inbox.RETENTION + timedelta(days=7)  # a claim outlives whatever the lanes still take for fresh


class DatabaseNotReady(RuntimeError):
    """It does not answer, or was never migrated; a supervisor may start the process again."""


async def wait_for_migrations(url: str) -> None:
    """Wait until the database answers and has been migrated; ``DatabaseNotReady`` after a minute."""
    deadline = monotonic_seconds() + MIGRATIONS_WAIT_SECONDS
    told = False
    while True:
        try:
            connection = await asyncpg.connect(url, timeout=5)
            try:
                if await connection.fetchval("SELECT count(*) FROM alembic_version"):
                    return
            finally:
                await connection.close()
        except (asyncpg.UndefinedTableError, asyncpg.PostgresError, OSError, TimeoutError) as error:
            if not told:
                log.warning("waiting_for_database", error=type(error).__name__)
                told = True
        if monotonic_seconds() > deadline:
            raise DatabaseNotReady(
                "the database was not ready within a minute: is it running, and were migrations applied?"
            )
        await asyncio.sleep(0.5)


async def maintain_database(pool: Pool, clock: Clock) -> None:
    """Drop what is old, each hour: inbox claims after 90 days and a week, published outbox rows by day after a day."""

    async def drop_what_is_old() -> None:
        await delete_old_claims(pool, clock.now() - INBOX_RETENTION)
        async with transaction(pool) as connection:
            await connection.execute("SELECT keep_partitions('outbox_published', '1 day', '1 day', 3, now())")

    await every(HOUR, drop_what_is_old, name="upkeep", retry_seconds=RETRY_SECONDS)


async def delete_old_claims(pool: Pool, before: datetime) -> int:
    """Forget all claims of events written down ``before``, some at a time, so that nobody waits; how many."""
    forgotten = 0
    while True:
        async with transaction(pool) as connection:
            gone = await inbox.delete_claims(connection, before)
        forgotten += gone
        if gone < inbox.DELETE_LIMIT:
            return forgotten
