"""Events on their way out: written in the transaction that made them, published by the relay after it."""

from collections.abc import Sequence
from zlib import crc32

from mandegar.database import Connection
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


class Pending:
    """SQL of the relay: what waits in some shards, and what becomes of it once the broker has it."""

    SELECT = """
        SELECT id, topic, (hash % $1)::int AS partition, key, value
        FROM outbox WHERE hash % $1 = ANY($2::bigint[]) AND id NOT BETWEEN $4 AND $5 ORDER BY id LIMIT $3
    """
    # Kept for a day, so that a broker that lost its disk can be healed from here.
    PUBLISHED = """
        WITH published AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING id, topic, hash, key, value)
        INSERT INTO outbox_published (id, topic, hash, key, value) SELECT id, topic, hash, key, value FROM published
    """
    TOO_LARGE = """
        WITH refused AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING id, topic, hash, key, value)
        INSERT INTO dead_letters
            (consumer_group, topic, partition, record_offset, key, value, code, detail, received_at)
        SELECT 'relay', topic, (hash % $2)::int, id, key, value, 'too_large', 'larger than a topic takes', now()
        FROM refused ON CONFLICT DO NOTHING
    """
    BACKLOG = """
        SELECT count(*) AS rows, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age
        FROM (SELECT created_at FROM outbox ORDER BY id LIMIT 100000) AS waiting
    """
