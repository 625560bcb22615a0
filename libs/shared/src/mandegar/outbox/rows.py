"""The rows of the outbox: written in the transaction that causes the events, moved on once they are published."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

from mandegar.database import Connection, Row, WorkerConnection, WriteConnection
from mandegar.events import Event, topic_of
from mandegar.events.codec import encode_value

# The group of dead letters that are rows which the relay set aside.
RELAY = "relay"


async def write_outbox(connection: WriteConnection, events: Sequence[Event], *, partition: int | None = None) -> None:
    """Append ``events`` to the outbox, in order.

    ``partition`` replaces the partition of the events' keys; shop events are published into every partition this way.
    """
    if not events:
        return
    keys = [event.partition_key for event in events]
    # No COPY: PostgreSQL refuses it on a table with row-level security.
    await connection.execute(
        """
        INSERT INTO outbox (topic, hash, key, value)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[])
        """,
        [topic_of(event.type) for event in events],
        [crc32(key) for key in keys] if partition is None else [partition] * len(keys),
        keys,
        [encode_value(event) for event in events],
    )


class Backlog(NamedTuple):
    """The number of rows in the outbox (counted up to 100,000) and the age of the oldest in seconds."""

    rows: int
    age_seconds: float


async def next_rows(
    connection: Connection,
    *,
    partitions: int,
    owned: Sequence[int],
    skipping: tuple[int, int],
    without: Sequence[str],
    limit: int,
) -> list[Row]:
    """The next rows of the ``owned`` partitions in id order.

    ``skipping`` is the range of ids that is being removed, ``without`` are topics that the broker refuses.
    """
    return await connection.fetch(
        """
        SELECT id, topic, (hash % $1)::int AS partition, key, value
        FROM outbox WHERE hash % $1 = ANY($2::bigint[]) AND id NOT BETWEEN $4 AND $5 AND topic <> ALL($6::text[])
        ORDER BY id LIMIT $3
        """,
        partitions,
        owned,
        limit,
        *skipping,
        without,
    )


async def move_to_published(connection: Connection, ids: Sequence[int]) -> None:
    """Move acknowledged rows to ``outbox_published``, which keeps them for a day in case the broker loses its disk."""
    await connection.execute(
        """
        WITH published AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING id, topic, hash, key, value)
        INSERT INTO outbox_published (id, topic, hash, key, value) SELECT id, topic, hash, key, value FROM published
        """,
        ids,
    )


async def move_to_dead_letters(connection: Connection, reasons: Mapping[int, tuple[str, str]], partitions: int) -> None:
    """Make dead letters of rows that cannot be published; ``reasons`` are code and sentence by id."""
    await connection.execute(
        """
        WITH refused AS (
            DELETE FROM outbox o USING unnest($1::bigint[], $2::text[], $3::text[]) AS r(id, code, detail)
            WHERE o.id = r.id RETURNING o.id, o.topic, o.hash, o.key, o.value, o.shop, r.code, r.detail
        )
        INSERT INTO dead_letters
            (consumer_group, topic, partition, record_offset, key, value, shop, code, detail, received_at)
        SELECT 'relay', topic, (hash % $4)::int, id, key, value, shop, code, detail, now()
        FROM refused ON CONFLICT DO NOTHING
        """,
        list(reasons),
        [code for code, _ in reasons.values()],
        [detail for _, detail in reasons.values()],
        partitions,
    )


async def queue_set_aside(connection: WorkerConnection, letter: Row) -> None:
    """Put a row that was set aside back into the outbox, behind the others.

    Raises ``asyncpg.CheckViolationError`` if its topic is not one of the service.
    """
    await connection.execute(
        "INSERT INTO outbox (topic, hash, key, value) VALUES ($1, $2, $3, $4)",
        letter["topic"],
        letter["partition"],  # the hash modulo the partitions, which is all that it is used for
        letter["key"],
        letter["value"],
    )


async def count_set_aside(connection: Connection) -> int:
    """The number of rows that the relay set aside and nobody has released or dropped."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM dead_letters WHERE consumer_group = $1 AND released_at IS NULL", RELAY
    )
    return count


async def outbox_backlog(connection: Connection) -> Backlog:
    """The number and age of the rows that wait for the relay."""
    row = await connection.fetchrow(
        """
        SELECT count(*) AS rows, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age
        FROM (SELECT created_at FROM outbox ORDER BY id LIMIT 100000) AS waiting
        """
    )
    return Backlog(*row) if row else Backlog(0, 0.0)
