"""``python -m <service> move-in``: takes a shop's rows from an archive, and goes on behind its records."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from mandegar.database import WorkerConnection, transaction
from mandegar.failpoints import reach
from mandegar.moving.archive import Archive, records_member, rows_member
from mandegar.moving.failpoints import MovingFailpoint
from mandegar.moving.records import Envelope, envelope_of
from mandegar.moving.sole_run import require_alone
from mandegar.moving.tables import moving_tables
from mandegar.moving.take_out import long_pool, migration_of
from mandegar.run import moving_mark
from mandegar.run.identity_mark import identity_of, keep_identity
from mandegar.run.upkeep import INBOX_RETENTION
from mandegar.service.context import Context
from mandegar.service.parts import S, Service
from mandegar.service.progress import progress

ROWS_AT_ONCE = 1_000
CLOCKS_DIFFER = timedelta(minutes=1)
# A row of the history may have a body of 64 KiB.
BYTES_AT_ONCE = 4 * 1024 * 1024


_T = TypeVar("_T")


class NotMovable(RuntimeError):
    """The archive does not fit this installation, or this installation is not empty."""


async def prepare(service: Service[S], context: Context[S], path: Path) -> int:
    """Check that the shop of an archive can move into the database, and keep the service from starting until it has.

    Raises ``NotMovable`` and ``BadArchive``. Called again, it changes nothing.
    """
    with Archive(path) as archive:
        manifest, shop = archive.manifest, archive.manifest.shop
        async with transaction(context.worker) as connection:
            await require_alone(connection)
            if manifest.identity != identity_of(context.identity_key):
                raise NotMovable(
                    "the archive comes from an installation with another identity key: guests and withdrawals of "
                    "consent would not be recognised here. Set MANDEGAR_IDENTITY_KEY to the key of that installation"
                )
            if manifest.partitions != context.settings.partitions:
                raise NotMovable(
                    f"the archive comes from topics with {manifest.partitions} partitions, and here are "
                    f"{context.settings.partitions}. Set MANDEGAR_PARTITIONS={manifest.partitions} in a new stack"
                )
            if context.clock.now() < manifest.taken_at - CLOCKS_DIFFER:
                raise NotMovable(
                    f"the clock here is behind the archive, which is as of {manifest.taken_at:%F %T} UTC: what has "
                    "happened would lie in the future. Set the clock of the new stack to a later time"
                )
            found, wanted = await migration_of(connection), manifest.migrations.get(service.name)
            if found != wanted:
                raise NotMovable(
                    f"the archive has rows as of the migration {wanted}, and this database is at {found}. Move with "
                    "the release that wrote the archive, and upgrade then"
                )
            await moving_tables(connection, service.tables, service.left_behind)
            if await moving_mark.is_done(connection, service.name, manifest.archive_id):
                return 0
            if await connection.fetchval("SELECT EXISTS (SELECT FROM shops WHERE shop = $1)", shop):
                raise NotMovable(f"this installation already has a shop {shop}: a shop moves in once")
            if await moving_mark.is_used(connection):
                raise NotMovable("this installation has other shops: a shop moves into an empty one")
            await _require_unserved(connection, service.name)
            await moving_mark.begin(connection, service.name, manifest.archive_id)
    return 0


async def bring_in(service: Service[S], context: Context[S], path: Path) -> int:
    """Insert the rows of the archive in one transaction, which also moves the offsets behind its records.

    Returns the number of rows; 0 if this was done before. Raises ``NotMovable`` without ``prepare``.
    """
    with Archive(path) as archive:
        manifest = archive.manifest
        async with long_pool(context) as pool, transaction(pool) as connection:
            await require_alone(connection)
            if await moving_mark.is_done(connection, service.name, manifest.archive_id):
                return 0
            if not await moving_mark.is_marked(connection, service.name, manifest.archive_id):
                raise NotMovable("run `move-in --prepare` first")
            await _require_unserved(connection, service.name)
            await keep_identity(connection, service.name, manifest.identity)
            rows = await _insert_rows(connection, service, archive)
            for part in service.parts:
                if part.moved_in is not None:
                    await part.moved_in(connection, manifest.shop)
            await _take_offsets(connection, service, archive)
            await _claim(connection, service, archive, context.clock.now() - INBOX_RETENTION)
            await moving_mark.end(connection, service.name, manifest.archive_id)
            reach(MovingFailpoint.BEFORE_COMMIT)
    return rows


async def _require_unserved(connection: WorkerConnection, service: str) -> None:
    """Raise ``NotMovable`` while a process of the service is connected.

    One that began to start before the database was marked may have been let in.
    """
    process = await moving_mark.served_by(connection, service)
    if process is not None:
        raise NotMovable(
            f"a process of {service} is connected to this database ({process}): stop the services, and start them once "
            "the shop has moved in"
        )


async def _insert_rows(connection: WorkerConnection, service: Service[S], archive: Archive) -> int:
    done = 0
    tables = {table.name: table for table in await moving_tables(connection, service.tables, service.left_behind)}
    total = sum(archive.manifest.members[rows_member(service.name, name)][1] for name in archive.tables(service.name))
    with progress(f"{service.name} rows") as bar:
        for name in archive.tables(service.name):
            if name not in tables:
                raise NotMovable(f"the archive has rows of {name}, which {service.name} does not have")
            for some in _pages(archive.lines(rows_member(service.name, name))):
                await connection.execute(tables[name].insert_rows, "[" + b",".join(some).decode() + "]")
                done += len(some)
                bar.update(done, total)
    return done


async def _take_offsets(connection: WorkerConnection, service: Service[S], archive: Archive) -> None:
    """Let each group go on behind the records of the archive, which stand at the beginning of the topics here."""
    members = archive.manifest.members
    places = [
        (group, topic, partition, members.get(records_member(topic, partition), ("", 0))[1])
        for group, subscription in service.subscriptions.items()
        for topic in subscription.topics
        for partition in range(archive.manifest.partitions)
    ]
    await connection.execute(
        """
        INSERT INTO offsets (consumer_group, topic, partition, next_offset)
        SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[])
        ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
        """,
        *(list(column) for column in zip(*places, strict=True)),
    )


async def _claim(connection: WorkerConnection, service: Service[S], archive: Archive, since: datetime) -> None:
    """Claim the events of the archive, so that a replay here skips them, as it would where they were applied."""
    with progress(f"{service.name} claims") as bar:
        for group, subscription in service.subscriptions.items():
            for events in _batches(_recent(archive, subscription.topics, since)):
                await connection.execute(
                    """
                    INSERT INTO inbox (consumer_group, event_id, recorded_time)
                    SELECT $1, id, at FROM unnest($2::uuid[], $3::timestamptz[]) AS w(id, at) ON CONFLICT DO NOTHING
                    """,
                    group,
                    [event.id for event in events],
                    [event.recorded_time for event in events],
                )
                bar.update(bar.done + len(events), bar.done + len(events))


def _recent(archive: Archive, topics: Iterable[str], since: datetime) -> Iterator[Envelope]:
    for topic in topics:
        for partition in range(archive.manifest.partitions):
            for record in archive.records(topic, partition):
                event = envelope_of(record)
                if event is not None and event.recorded_time >= since:
                    yield event


def _pages(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines in lists of at most ``ROWS_AT_ONCE`` lines and, with the last, a little more than ``BYTES_AT_ONCE``."""
    page: list[bytes] = []
    size = 0
    for line in lines:
        page.append(line)
        size += len(line)
        if len(page) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
            yield page
            page, size = [], 0
    if page:
        yield page


def _batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(items)
    while some := list(islice(rest, ROWS_AT_ONCE)):
        yield some
