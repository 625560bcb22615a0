"""Counts applied events by type, in the batch's transaction.

There is a row per partition, because only the holder of the partition's offset row writes it; reads add the rows up.
The lane beside has rows of its own, below zero: no batch waits for it.
"""

from collections import Counter
from collections.abc import Iterable

from mandegar.database import Connection, WorkerConnection


async def count_applied(connection: WorkerConnection, group: str, applied: Iterable[tuple[int, str]]) -> None:
    """Add the applied events, given as (partition, event type), to the counts of ``group``."""
    counts = Counter(applied)
    if not counts:
        return
    ordered = sorted(counts)
    await connection.execute(
        """
        INSERT INTO applied (consumer_group, partition, type, events)
        SELECT $1, * FROM unnest($2::int[], $3::text[], $4::bigint[])
        ON CONFLICT (consumer_group, partition, type) DO UPDATE SET events = applied.events + excluded.events
        """,
        group,
        [partition for partition, _ in ordered],
        [type_ for _, type_ in ordered],
        [counts[key] for key in ordered],
    )


def beside(partition: int) -> int:
    """The number under which the lane beside counts the events of a partition."""
    return -1 - partition


async def applied_counts(connection: Connection) -> dict[str, dict[str, int]]:
    """The number of events applied since the database was created, by consumer group and type."""
    rows = await connection.fetch(
        "SELECT consumer_group, type, sum(events)::bigint AS events FROM applied GROUP BY 1, 2 ORDER BY 1, 2"
    )
    groups: dict[str, dict[str, int]] = {}
    for row in rows:
        groups.setdefault(row["consumer_group"], {})[row["type"]] = row["events"]
    return groups
