"""The offsets of applied records, stored in the service's database and moved by compare-and-swap."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mandegar.database import Connection, WorkerConnection


class Move(NamedTuple):
    """The move of an offset from ``start``, the value that the batch expects, to ``stop``."""

    topic: str
    partition: int
    start: int
    stop: int


async def advance(connection: WorkerConnection, group: str, moves: Sequence[Move]) -> set[tuple[str, int]]:
    """Move the offsets whose stored value equals ``start``; returns the (topic, partition) pairs that moved.

    The offsets of the others were moved by another owner of the partition, so their records must be dropped. Rows are
    locked in (topic, partition) order, so that two owners wait for each other instead of deadlocking.
    """
    topics, partitions = [move.topic for move in moves], [move.partition for move in moves]
    rows = await connection.fetch(
        """
        SELECT o.topic, o.partition, o.next_offset
        FROM offsets o JOIN unnest($2::text[], $3::int[]) AS w(topic, partition) USING (topic, partition)
        WHERE o.consumer_group = $1
        ORDER BY o.topic, o.partition
        FOR UPDATE OF o
        """,
        group,
        topics,
        partitions,
    )
    stored = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    moved = [move for move in moves if stored.get((move.topic, move.partition)) == move.start]
    await connection.execute(
        """
        UPDATE offsets o SET next_offset = w.stop, updated_at = now()
        FROM unnest($2::text[], $3::int[], $4::bigint[]) AS w(topic, partition, stop)
        WHERE o.consumer_group = $1 AND o.topic = w.topic AND o.partition = w.partition
        """,
        group,
        [move.topic for move in moved],
        [move.partition for move in moved],
        [move.stop for move in moved],
    )
    return {(move.topic, move.partition) for move in moved}


async def stored_offsets(
    connection: WorkerConnection, group: str, partitions: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """The next offset of each partition. A partition without a row gets one with offset 0, the beginning of the log."""
    wanted = sorted(partitions)
    rows = await connection.fetch(
        """
        WITH wanted AS (SELECT * FROM unnest($2::text[], $3::int[]) AS w(topic, partition)),
        born AS (
            INSERT INTO offsets (consumer_group, topic, partition, next_offset)
            SELECT $1, topic, partition, 0 FROM wanted ORDER BY topic, partition
            ON CONFLICT DO NOTHING
            RETURNING topic, partition, next_offset
        )
        SELECT topic, partition, next_offset FROM born
        UNION ALL
        SELECT o.topic, o.partition, o.next_offset FROM offsets o JOIN wanted USING (topic, partition)
        WHERE o.consumer_group = $1
        """,
        group,
        [topic for topic, _ in wanted],
        [partition for _, partition in wanted],
    )
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def group_offsets(connection: Connection, group: str) -> dict[tuple[str, int], int]:
    """The next offset of every partition that the group has read."""
    rows = await connection.fetch("SELECT topic, partition, next_offset FROM offsets WHERE consumer_group = $1", group)
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
