"""Marks a database into which a shop is moving, and one into which it has moved, with a row of ``offsets``."""

from mandegar.database import Connection, Pool, WorkerConnection, transaction
from mandegar.run.marks import put_mark
from mandegar.run.open_context import PROCESS_POOLS


class BeingMovedInto(RuntimeError):
    """A shop has not finished moving into the database, so the service must not start."""


async def is_used(connection: Connection) -> bool:
    """Whether the database has anything of any shop."""
    used: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM shops) OR EXISTS (SELECT FROM customers) OR EXISTS (SELECT FROM outbox)
            OR EXISTS (SELECT FROM outbox_published) OR EXISTS (SELECT FROM inbox)
            OR EXISTS (SELECT FROM offsets WHERE next_offset > 0)
        """
    )
    return used


async def served_by(connection: Connection, service: str) -> str | None:
    """The name of a connection to the database that a web or worker process of the service has, or None.

    Both look every few seconds whether the database answers, and a worker's relay is always connected. Commands such as
    this one connect under other names.
    """
    name: str | None = await connection.fetchval(
        """
        SELECT min(application_name) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = ANY($1::text[])
        """,
        ["relay", "wakeups", *(f"{service}-{pool}" for pool in PROCESS_POOLS)],
    )
    return name


async def begin(connection: WorkerConnection, service: str, archive_id: str) -> None:
    """Mark a database as one into which the shop of an archive is moving, instead of that of another archive."""
    await put_mark(connection, _moving(service), archive_id)


async def is_marked(connection: Connection, service: str, archive_id: str) -> bool:
    """Whether the shop of the archive is moving into the database, or has moved."""
    return await _has(connection, _moving(service), archive_id) or await is_done(connection, service, archive_id)


async def is_done(connection: Connection, service: str, archive_id: str) -> bool:
    """Whether the shop of the archive has moved into the database."""
    return await _has(connection, _moved(service), archive_id)


async def end(connection: WorkerConnection, service: str, archive_id: str) -> None:
    """Mark the database as one into which the shop has moved; the service may start."""
    await connection.execute(
        "UPDATE offsets SET consumer_group = $2 WHERE consumer_group = $1 AND topic = $3",
        _moving(service),
        _moved(service),
        archive_id,
    )


async def refuse_half_moved(pool: Pool, service: str) -> None:
    """Raise ``BeingMovedInto`` if a shop is still moving into the database."""
    async with transaction(pool) as connection:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM offsets WHERE consumer_group = $1)", _moving(service)):
            raise BeingMovedInto(
                f"A shop has not finished moving into the database of {service}. Run `mandegar move-in` again: it "
                "continues where it was interrupted."
            )


async def _has(connection: Connection, group: str, topic: str) -> bool:
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM offsets WHERE consumer_group = $1 AND topic = $2)", group, topic
    )
    return found


def _moving(service: str) -> str:
    return f"{service}.moving-in"


def _moved(service: str) -> str:
    return f"{service}.moved-in"
