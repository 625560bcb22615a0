"""Marks a database while it is rebuilt, with a row of ``offsets`` in the rebuild's group and without a topic."""

from datetime import datetime

from mandegar.database import Connection, Pool, WorkerConnection, transaction
from mandegar.run.identity_mark import identity_group
from mandegar.run.upkeep import INBOX_RETENTION, delete_old_claims
from mandegar.service.rebuild_plan import REBUILD_GROUP

# $1 is the rebuild's group; the names of its other groups begin with it.
_DELETE_GROUPS = (
    "DELETE FROM inbox WHERE consumer_group = $1 OR starts_with(consumer_group, $1 || '.')",
    "DELETE FROM applied WHERE consumer_group = $1 OR starts_with(consumer_group, $1 || '.')",
    "DELETE FROM offsets WHERE consumer_group = $1 OR starts_with(consumer_group, $1 || '.')",
)


class NotEmpty(RuntimeError):
    """The database has rows that do not come from an interrupted rebuild."""


class BeingRebuilt(RuntimeError):
    """The database is marked: its rebuild has not finished, so the service must not start."""


async def begin(connection: WorkerConnection, service: str) -> bool:
    """Mark an empty database; True if it was marked before. Raises ``NotEmpty``."""
    if await _is_marked(connection, service):
        return True
    used = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM offsets WHERE consumer_group <> $1) OR EXISTS (SELECT FROM shops)
            OR EXISTS (SELECT FROM customers) OR EXISTS (SELECT FROM outbox)
            OR EXISTS (SELECT FROM outbox_published) OR EXISTS (SELECT FROM inbox)
        """,
        identity_group(service),
    )
    if used:
        raise NotEmpty(
            f"The database of {service} is not empty, and a rebuild would apply its events twice. Stop the service, "
            "create a new database, run `migrate`, and rebuild into that one."
        )
    await connection.execute(
        "INSERT INTO offsets (consumer_group, topic, partition, next_offset) VALUES ($1, '', 0, 0)",
        _group(service),
    )
    return False


async def refuse_half_rebuilt(pool: Pool, service: str) -> None:
    """Raise ``BeingRebuilt`` if the database is marked."""
    async with transaction(pool) as connection:
        if await _is_marked(connection, service):
            raise BeingRebuilt(
                f"The rebuild of {service}'s database has not finished. Run `python -m {service} rebuild` again: it "
                "continues where it was interrupted."
            )


async def end(pool: Pool, service: str, now: datetime) -> None:
    """Remove the mark, and the offsets, claims and counts of groups that only the rebuild has."""
    await delete_old_claims(pool, now - INBOX_RETENTION)
    async with transaction(pool) as connection:
        for statement in _DELETE_GROUPS:
            await connection.execute(statement, _group(service))


def _group(service: str) -> str:
    return f"{service}.{REBUILD_GROUP}"


async def _is_marked(connection: Connection, service: str) -> bool:
    marked: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM offsets WHERE consumer_group = $1 AND topic = '')", _group(service)
    )
    return marked
