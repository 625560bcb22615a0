"""Upkeep of a service's database: waiting for its migrations, creating partitions, deleting expired rows."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from mandegar.clock import Clock, monotonic_seconds
from mandegar.database import Pool, WorkerConnection, transaction
from mandegar.database.address import refused_for_good, why_unconnected
from mandegar.database.audit import expire_acts
from mandegar.lanes import deadletters, inbox
from mandegar.service.background import every
from mandegar.service.parts import Expiry, S
from mandegar.service.settings import ServiceSettings
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

HOUR = 3600.0
RETRY_SECONDS = 5.0
MIGRATIONS_WAIT_SECONDS = 60.0
# Claims are kept longer than the age up to which lanes apply an event, so that no event is applied after its claim.
INBOX_RETENTION = inbox.RETENTION + timedelta(days=7)


class DatabaseNotReady(RuntimeError):
    """The database did not answer within a minute, or was not migrated; the supervisor may restart the process."""


async def wait_for_migrations(url: str) -> None:
    """Wait until the database answers and was migrated.

    Raises ``DatabaseNotReady`` after a minute, and at once if the connection is refused for good.
    """
    deadline = monotonic_seconds() + MIGRATIONS_WAIT_SECONDS
    warned = False
    while True:
        why = "it was not migrated"
        try:
            connection = await asyncpg.connect(url, timeout=5)
            try:
                if await connection.fetchval("SELECT count(*) FROM alembic_version"):
                    return
            finally:
                await connection.close()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            why = why_unconnected(error)
            if refused_for_good(error):
                raise DatabaseNotReady(why) from error
            if not warned:
                log.warning("waiting_for_database", error=type(error).__name__)
                warned = True
        if monotonic_seconds() > deadline:
            raise DatabaseNotReady(
                f"the database was not ready within a minute: is it running, and were migrations applied? ({why})"
            )
        await asyncio.sleep(0.5)


async def maintain_database(pool: Pool, clock: Clock, settings: S, expiries: Sequence[Expiry[S]] = ()) -> None:
    """Every hour, create partitions of published rows ahead of time and delete expired rows, until cancelled.

    Inbox claims expire after 97 days, lines of the audit after 400, dead letters as the settings say; a daily partition
    of published outbox rows is dropped once it is a day old. ``expiries`` are the service's own.
    """

    async def create_and_expire() -> None:
        await delete_old_claims(pool, clock.now() - INBOX_RETENTION)
        async with transaction(pool) as connection:
            await connection.execute("SELECT keep_partitions('outbox_published', '1 day', '1 day', 3, now())")
        for standard in (ACTS, *DEAD_LETTERS):
            await delete_expired(pool, clock, settings, standard)
        for expiry in expiries:
            await delete_expired(pool, clock, settings, expiry)

    await every(HOUR, create_and_expire, name="upkeep", retry_seconds=RETRY_SECONDS)


async def delete_expired(pool: Pool, clock: Clock, settings: S, expiry: Expiry[S]) -> None:
    """Delete all that has expired, in short transactions."""
    deleted = 1
    while deleted:
        async with transaction(pool) as connection:
            deleted = await expiry.delete(connection, clock.now(), settings)
        metrics.EXPIRED.labels(expiry.what).inc(deleted)


async def _acts(connection: WorkerConnection, _now: datetime, _settings: ServiceSettings) -> int:
    return await expire_acts(connection)


async def _released_letters(connection: WorkerConnection, now: datetime, settings: ServiceSettings) -> int:
    return await deadletters.delete_released(connection, now - timedelta(days=settings.dead_letter_days))


async def _contents_of_letters(connection: WorkerConnection, now: datetime, settings: ServiceSettings) -> int:
    return await deadletters.delete_contents(connection, now - timedelta(days=settings.dead_letter_days))


ACTS = Expiry("lines of the audit", _acts)
DEAD_LETTERS = (
    Expiry("released dead letters", _released_letters),
    Expiry("contents of dead letters", _contents_of_letters),
)


async def delete_old_claims(pool: Pool, before: datetime) -> int:
    """Delete all claims of events recorded before an instant, in short transactions; returns how many it deleted."""
    total = 0
    while True:
        async with transaction(pool) as connection:
            deleted = await inbox.delete_claims(connection, before)
        total += deleted
        if deleted < inbox.DELETE_LIMIT:
            return total
