"""Whether a database is empty, being rebuilt, or in use: one row of ``offsets`` says that a rebuild is under way."""

from datetime import datetime

from mandegar.database import Connection, Pool, WorkerConnection, transaction
from mandegar.run.upkeep import INBOX_RETENTION, delete_old_claims
from mandegar.service.rebuild_plan import REBUILD_GROUP

# The groups of a rebuild: REBUILD_GROUP, and those whose names continue it.
_FORGET = (
    "DELETE FROM inbox WHERE consumer_group = $1 OR starts_with(consumer_group, $1 || '.')",
    "DELETE FROM applied WHERE consumer_group = $1 OR starts_with(consumer_group, $1 || '.')",
    "DELETE FROM offsets WHERE consumer_group = $1 OR starts_with(consumer_group, $1 || '.')",
)


class NotEmpty(RuntimeError):
    """There is state already, and it was not left by a rebuild that was interrupted."""


class BeingRebuilt(RuntimeError):
    """The state is half of what it should be: nothing may serve it, or act on it."""


async def begin(connection: WorkerConnection, service: str) -> bool:
    """Mark the database as being rebuilt; whether a rebuild was under way already. Raises ``NotEmpty``."""
    if await _is_marked(connection, service):
        return True
    used = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM offsets) OR EXISTS (SELECT FROM shops) OR EXISTS (SELECT FROM customers)
            OR EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM outbox_published) OR EXISTS (SELECT FROM inbox)
        """
    )
    if used:
        raise NotEmpty(
            f"The database of {service} is not empty. Stop the service, make a new database, run `migrate`, "
            "and rebuild into that one: what is there now would be counted twice."
        )
    await connection.execute(
        "INSERT INTO offsets (consumer_group, topic, partition, next_offset) VALUES ($1, '', 0, 0)",
        _group(service),
    )
    return False


async def refuse_half_rebuilt(pool: Pool, service: str) -> None:
    """Raise ``BeingRebuilt`` unless every rebuild of this database has been finished."""
    async with transaction(pool) as connection:
        if await _is_marked(connection, service):
            raise BeingRebuilt(
                f"The database of {service} is being rebuilt. Let `python -m {service} rebuild` finish: run again, "
                "it goes on where it was interrupted."
            )


async def end(pool: Pool, service: str, now: datetime) -> None:
    """Take the mark away, with all that only the rebuild had to know."""
    await delete_old_claims(pool, now - INBOX_RETENTION)
    async with transaction(pool) as connection:
        for statement in _FORGET:
            await connection.execute(statement, _group(service))


def _group(service: str) -> str:
    return f"{service}.{REBUILD_GROUP}"


async def _is_marked(connection: Connection, service: str) -> bool:
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM offsets WHERE consumer_group = $1 AND topic = '')", _group(service)
    )
    return found
