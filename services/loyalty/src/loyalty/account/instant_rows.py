"""Sums of a ledger by its two clocks: when entries took effect, and when they were posted."""

from datetime import datetime

from loyalty.domain.posting import Balance, Entry, moved_by
from mandegar.database import ReadConnection
from mandegar.events import CustomerKey
from mandegar.quantities import scaled

_SUMS = """
    SELECT kind, bucket, coalesce(sum(points) FILTER (WHERE effective_at <= $3), 0) AS points, max(version) AS version
    FROM entries WHERE shop = $1 AND customer_id = $2 AND ($4::timestamptz IS NULL OR posted_at <= $4)
    GROUP BY kind, bucket
"""


async def ledger_balance(
    connection: ReadConnection, customer: CustomerKey, at: datetime, known_at: datetime | None
) -> tuple[Balance, int]:
    """What the entries that took effect up to ``at`` add up to; of those posted up to ``known_at`` if that is given.

    Returns also the version of the last entry among those posted.
    """
    total, version = Balance(), 0
    for row in await connection.fetch(_SUMS, *customer, at, known_at):
        moved = moved_by(Entry("", (row["kind"], row["bucket"], ""), scaled(row["points"], 0), 0, 0))
        total, version = Balance(*map(sum, zip(total, moved, strict=True))), max(version, row["version"])
    return total, version
