"""``python -m <service> move-out``: writes a shop's rows, and the state of each customer, as of one instant."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from mandegar.clock import monotonic_seconds
from mandegar.database import Connection, Pool, open_pool, transaction
from mandegar.database.pool import BY_SET
from mandegar.lanes.offsets import group_offsets
from mandegar.moving.archive import rows_member, states_member
from mandegar.moving.states import states_of
from mandegar.moving.tables import MovingTable, moving_tables
from mandegar.run.identity_mark import OtherIdentityKey, identity_of, stored_identity
from mandegar.service.context import Context
from mandegar.service.parts import S, Service
from mandegar.service.progress import ProgressBar, progress

POLL_SECONDS = 0.5
# Sorting the rows of a large shop takes longer than a batch may.
STATEMENT_SECONDS = 3_600.0
# A row of the history may have a body of 64 KiB.
ROWS_AT_ONCE = 500
_ENCODER = msgspec.json.Encoder()


class NotAtRest(RuntimeError):
    """Something of the shop is still under way, so its state cannot be taken yet."""


class Taken(Struct, frozen=True):
    """What a service says of itself and of what it has written, ``at`` which instant of its clock.

    ``applied`` is the next record of each topic and partition, of the group that is furthest.
    """

    at: datetime
    identity: str
    migration: str
    customers: int
    dead_letters: int
    applied: list[tuple[str, int, int]]


def taken_file(directory: Path, service: str) -> Path:
    """Where a service's ``Taken`` is written."""
    return directory / f"{service}.json"


async def take_out(
    service: Service[S],
    context: Context[S],
    shop: str,
    ends: Mapping[str, Sequence[int]],
    directory: Path,
    wait_seconds: float,
) -> int:
    """Write the rows and states of ``shop`` into ``directory``, as of records before ``ends``; returns their number.

    Raises ``OtherIdentityKey`` if ids of the database were made under another key, or nobody knows under which.

    Waits until everything before ``ends`` is applied and everything that follows from it is published. Raises
    ``NotAtRest`` after ``wait_seconds``.
    """
    deadline = monotonic_seconds() + wait_seconds
    async with long_pool(context) as pool:
        while True:
            async with transaction(pool) as connection:
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                await moving_tables(connection, service.tables, service.left_behind)  # or it is another database
                await _require_own_key(connection, service.name, context.identity_key)
                if not await connection.fetchval("SELECT EXISTS (SELECT FROM shops WHERE shop = $1)", shop):
                    raise NotAtRest(f"{service.name} has no shop {shop}")
                why = await _under_way(connection, service, shop, ends)
                if why is None:
                    return await _write(connection, service, context, shop, directory)
            if monotonic_seconds() > deadline:
                raise NotAtRest(f"{why}. Stop the sources of the shop {shop}, look at `mandegar status`, and try again")
            await asyncio.sleep(POLL_SECONDS)


async def _require_own_key(connection: Connection, service: str, identity_key: bytes) -> None:
    stored = await stored_identity(connection, service)
    if stored is None:
        raise OtherIdentityKey(f"{service} has not started since its last upgrade: start it, then export")
    if stored != identity_of(identity_key):
        raise OtherIdentityKey(
            f"MANDEGAR_IDENTITY_KEY is not the key under which {service} runs: the new home would not recognise guests "
            "and withdrawals of consent. Set it to the key of this installation"
        )


@asynccontextmanager
async def long_pool(context: Context[S]) -> AsyncIterator[Pool]:
    """A connection of the worker's role for statements over all rows of a shop."""
    url = context.settings.worker_database_url.get_secret_value()
    pool = await open_pool(
        url, name=f"{context.name}-moving", size_max=1, reading=BY_SET, command_seconds=STATEMENT_SECONDS
    )
    try:
        yield pool
    finally:
        pool.terminate()


async def _under_way(
    connection: Connection, service: Service[S], shop: str, ends: Mapping[str, Sequence[int]]
) -> str | None:
    """What is not at rest: records that a group has not applied, events that are not published, or None."""
    row = await connection.fetchrow(
        """
        SELECT EXISTS (SELECT FROM outbox WHERE shop = $1) AS unpublished,
            EXISTS (SELECT FROM waiting_beside WHERE shop = $1) AS waiting
        """,
        shop,
    )
    if row is None or row["unpublished"]:
        return f"{service.name} has events of the shop that are not published yet"
    if row["waiting"]:
        return f"{service.name} has events of the shop that wait for the lane beside"
    for group, subscription in service.subscriptions.items():
        stored = await group_offsets(connection, group)
        for topic in subscription.topics:
            for partition, end in enumerate(ends.get(topic, ())):
                if stored.get((topic, partition), 0) < end:
                    return f"{group} has not applied {topic}, partition {partition}, up to offset {end}"
    return None


async def _write(connection: Connection, service: Service[S], context: Context[S], shop: str, directory: Path) -> int:
    tables = await moving_tables(connection, service.tables, service.left_behind)
    rows = 0
    with progress(f"{service.name} rows") as bar:
        for table in tables:
            target = directory / rows_member(service.name, table.name)
            rows = await _write_rows(connection, table.select_rows, shop, target, bar, rows)
    customers = await _write_states(connection, service, tables, shop, directory / states_member(service.name))
    letters: int = await connection.fetchval(
        "SELECT count(*) FROM dead_letters WHERE shop = $1 AND released_at IS NULL", shop
    )
    taken = Taken(
        at=context.clock.now(),
        identity=identity_of(context.identity_key),
        migration=await migration_of(connection),
        customers=customers,
        dead_letters=letters,
        applied=await _applied(connection, service),
    )
    taken_file(directory, service.name).write_bytes(_ENCODER.encode(taken))
    return rows


async def _applied(connection: Connection, service: Service[S]) -> list[tuple[str, int, int]]:
    furthest: dict[tuple[str, int], int] = {}
    for group, subscription in service.subscriptions.items():
        for place, offset in (await group_offsets(connection, group)).items():
            if place[0] in subscription.topics:
                furthest[place] = max(offset, furthest.get(place, 0))
    return [(topic, partition, offset) for (topic, partition), offset in furthest.items()]


async def write_states(service: Service[S], context: Context[S], shop: str, target: Path) -> int:
    """Write the states of a shop's customers into a file; returns the number of customers."""
    async with long_pool(context) as pool, transaction(pool) as connection:
        tables = await moving_tables(connection, service.tables, service.left_behind)
        return await _write_states(connection, service, tables, shop, target)


async def _write_states(
    connection: Connection, service: Service[S], tables: Sequence[MovingTable], shop: str, target: Path
) -> int:
    customers = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file, progress(f"{service.name} states") as bar:
        async for state in states_of(connection, tables, shop):
            file.write(_ENCODER.encode(state) + b"\n")
            customers += bool(state.customer)
            bar.update(customers, customers)
    return customers


async def _write_rows(
    connection: Connection, statement: str, shop: str, target: Path, bar: ProgressBar, written: int
) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        async for row in connection.cursor(statement, shop, prefetch=ROWS_AT_ONCE):
            file.write(row["row"].encode() + b"\n")
            written += 1
            bar.update(written, written)
    return written


async def migration_of(connection: Connection) -> str:
    """The last migration of the database."""
    found: str = await connection.fetchval("SELECT version_num FROM alembic_version")
    return found
