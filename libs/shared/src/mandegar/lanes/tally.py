"""How many events of each type were applied: a durable count, moved in the batch's own transaction.

Kept per partition, whose only writer holds its offset row, and summed on read: no row is fought over.
"""

from collections import Counter
from collections.abc import Iterable

from mandegar.database import Connection


async def count_applied(connection: Connection, group: str, applied: Iterable[tuple[int, str]]) -> None:
    """Add ``applied`` (partition, event type) to the counts of ``group``."""
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


async def applied_counts(connection: Connection) -> dict[str, dict[str, int]]:
    """Events applied since the database was made, by consumer group and type."""
    rows = await connection.fetch(
        "SELECT consumer_group, type, sum(events)::bigint AS events FROM applied GROUP BY 1, 2 ORDER BY 1, 2"
    )
    groups: dict[str, dict[str, int]] = {}
    for row in rows:
        groups.setdefault(row["consumer_group"], {})[row["type"]] = row["events"]
    return groups
