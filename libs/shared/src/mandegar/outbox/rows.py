"""Events on their way out: written in the transaction that made them, published by the relay after it."""

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from mandegar.database import Connection, Row
from mandegar.events import Event, encode, topic_of


async def write_outbox(connection: Connection, events: Sequence[Event], *, partition: int | None = None) -> None:
    """Queue ``events`` for their topics, in order. ``partition`` overrides the key's own: for facts of a whole shop."""
    if not events:
        return
    keys = [event.partition_key for event in events]
    await connection.copy_records_to_table(
        "outbox",
        columns=("topic", "hash", "key", "value"),
        records=[
            (topic_of(event.type), crc32(key) if partition is None else partition, key, encode(event))
            for event, key in zip(events, keys, strict=True)
        ],
    )


class Backlog(NamedTuple):
    """What waits in the outbox: rows (counted up to 100,000) and the age of the oldest."""

    rows: int
    age_seconds: float


async def next_rows(
    connection: Connection, *, partitions: int, owned: Sequence[int], between: tuple[int, int], limit: int
) -> list[Row]:
    """The next rows of the ``owned`` partitions in id order, without those whose ids are ``between`` two ids."""
    return await connection.fetch(
        """
        SELECT id, topic, (hash % $1)::int AS partition, key, value
        FROM outbox WHERE hash % $1 = ANY($2::bigint[]) AND id NOT BETWEEN $4 AND $5 ORDER BY id LIMIT $3
        """,
        partitions,
        owned,
        limit,
        *between,
    )


async def move_to_published(connection: Connection, ids: Sequence[int]) -> None:
    """Take rows out once the broker has them; kept for a day, so that a broker that lost its disk can be healed."""
    await connection.execute(
        """
        WITH published AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING id, topic, hash, key, value)
        INSERT INTO outbox_published (id, topic, hash, key, value) SELECT id, topic, hash, key, value FROM published
        """,
        ids,
    )


async def move_to_dead_letters(connection: Connection, ids: Sequence[int], partitions: int) -> None:
    """Make dead letters of rows that are larger than a topic takes."""
    await connection.execute(
        """
        WITH refused AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING id, topic, hash, key, value)
        INSERT INTO dead_letters
            (consumer_group, topic, partition, record_offset, key, value, code, detail, received_at)
        SELECT 'relay', topic, (hash % $2)::int, id, key, value, 'too_large', 'larger than a topic takes', now()
        FROM refused ON CONFLICT DO NOTHING
        """,
        ids,
        partitions,
    )


async def outbox_backlog(connection: Connection) -> Backlog:
    """What waits for the relay."""
    row = await connection.fetchrow(
        """
        SELECT count(*) AS rows, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age
        FROM (SELECT created_at FROM outbox ORDER BY id LIMIT 100000) AS waiting
        """
    )
    return Backlog(*row) if row else Backlog(0, 0.0)
