"""The rows of ``waiting_beside``: events of customers whom a batch left to the lane beside, and their settlings."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mandegar.database import Connection, Row, WorkerConnection, key_columns
from mandegar.events import CustomerKey, Event
from mandegar.stream import Record

# The group of rows that ask for a settling instead of carrying an event.
TIMER = "timer"
COUNT_MAX = 100_000

# The first row of each customer, by steps over the primary key: the cost is that of the customers, not of the rows.
_HEADS = """
    WITH RECURSIVE heads AS (
        (SELECT shop, customer_id, id, since FROM waiting_beside ORDER BY shop, customer_id, id LIMIT 1)
        UNION ALL
        SELECT next.* FROM heads h CROSS JOIN LATERAL (
            SELECT w.shop, w.customer_id, w.id, w.since FROM waiting_beside w
            WHERE (w.shop, w.customer_id) > (h.shop, h.customer_id)
            ORDER BY w.shop, w.customer_id, w.id LIMIT 1
        ) AS next
    )
"""
# ruff: noqa: S608  the statements are put together from constants
CUSTOMERS = f"{_HEADS} SELECT shop, customer_id FROM heads"
IN_TURN = f"{_HEADS} SELECT shop, customer_id FROM heads ORDER BY id"
# Whoever locks the first row of a customer has the customer. The others are skipped, so that nobody waits.
TAKE = """
    SELECT true FROM waiting_beside
    WHERE (shop, customer_id, id) = ($1, $2, (
        SELECT min(id) FROM waiting_beside WHERE (shop, customer_id) = ($1, $2)))
    FOR UPDATE SKIP LOCKED
"""
BACKLOG = f"""
    {_HEADS}
    SELECT (SELECT count(*) FROM (SELECT FROM waiting_beside LIMIT $1) AS counted), count(*),
        coalesce(extract(epoch FROM now() - min(since)), 0)::float
    FROM heads
"""


class Waiting(NamedTuple):
    """Rows that wait (counted up to 100,000), their customers, and the age of the oldest in seconds."""

    rows: int
    customers: int
    age_seconds: float


async def waiting_customers(connection: WorkerConnection) -> set[CustomerKey]:
    """All customers of whom something waits."""
    return {CustomerKey(*row) for row in await connection.fetch(CUSTOMERS)}


async def waiting_among(connection: WorkerConnection, keys: Collection[CustomerKey]) -> set[CustomerKey]:
    """Those of ``keys`` of whom something waits."""
    rows = await connection.fetch(
        """
        SELECT w.shop, w.customer_id FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        WHERE EXISTS (SELECT FROM waiting_beside b WHERE (b.shop, b.customer_id) = (w.shop, w.customer_id))
        """,
        *key_columns(keys),
    )
    return {CustomerKey(*row) for row in rows}


async def add_events(connection: WorkerConnection, group: str, events: Sequence[tuple[Event, Record]]) -> None:
    """Append events with their records, in order, behind what waits of their customers."""
    if not events:
        return
    keys = [event.customer for event, _ in events]
    await connection.execute(
        """
        INSERT INTO waiting_beside
            (shop, customer_id, consumer_group, topic, partition, record_offset, event_id, key, value)
        SELECT w.shop, w.customer_id, $1, w.topic, w.partition, w.record_offset, w.event_id, w.key, w.value
        FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::uuid[], $8::bytea[], $9::bytea[])
            WITH ORDINALITY
            AS w(shop, customer_id, topic, partition, record_offset, event_id, key, value, place)
        ORDER BY w.place
        """,
        group,
        *key_columns(keys),
        [record.topic for _, record in events],
        [record.partition for _, record in events],
        [record.offset for _, record in events],
        [event.id for event, _ in events],
        [record.key for _, record in events],
        [record.value for _, record in events],
    )


async def add_settlings(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Ask for the settling of locked customers, once each."""
    ordered = sorted(keys)
    await connection.execute(
        """
        INSERT INTO waiting_beside (shop, customer_id, consumer_group)
        SELECT w.shop, w.customer_id, $1 FROM unnest($2::text[], $3::text[]) AS w(shop, customer_id)
        WHERE NOT EXISTS (
            SELECT FROM waiting_beside b
            WHERE (b.shop, b.customer_id, b.consumer_group) = (w.shop, w.customer_id, $1))
        """,
        TIMER,
        *key_columns(ordered),
    )


async def customers_in_turn(connection: WorkerConnection) -> list[CustomerKey]:
    """The customers of whom something waits, those who have waited longest first."""
    return [CustomerKey(*row) for row in await connection.fetch(IN_TURN)]


async def take_customer(connection: WorkerConnection, key: CustomerKey) -> bool:
    """Lock the queue of a customer until the transaction ends; False if it is empty, or somebody else has it."""
    return bool(await connection.fetchval(TAKE, *key))


async def take_rows(connection: WorkerConnection, key: CustomerKey, limit: int) -> list[Row]:
    """Delete the first ``limit`` rows of a taken customer; returns them in order."""
    rows = await connection.fetch(
        """
        DELETE FROM waiting_beside WHERE (shop, customer_id) = ($1, $2) AND id <= (
            SELECT max(id) FROM (
                SELECT id FROM waiting_beside WHERE (shop, customer_id) = ($1, $2) ORDER BY id LIMIT $3) AS first)
        RETURNING id, consumer_group, topic, partition, record_offset, event_id, key, value
        """,
        *key,
        limit,
    )
    return sorted(rows, key=_id)


async def count_waiting(connection: Connection) -> Waiting:
    """What waits for the lane beside."""
    row = await connection.fetchrow(BACKLOG, COUNT_MAX)
    return Waiting(0, 0, 0.0) if row is None else Waiting(*row)


async def waiting_by_group(connection: Connection) -> dict[str, Waiting]:
    """What waits for the lane beside, of the first 100,000 rows, by consumer group."""
    rows = await connection.fetch(
        """
        SELECT consumer_group, count(*), count(DISTINCT (shop, customer_id)),
            coalesce(extract(epoch FROM now() - min(since)), 0)::float
        FROM (SELECT shop, customer_id, consumer_group, since FROM waiting_beside LIMIT $1) AS first
        GROUP BY consumer_group
        """,
        COUNT_MAX,
    )
    return {group: Waiting(*counts) for group, *counts in rows}


def _id(row: Row) -> int:
    id_: int = row["id"]
    return id_
