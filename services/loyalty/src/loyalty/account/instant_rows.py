"""Sums of a ledger by its two clocks: when entries took effect, and when they were posted."""

from datetime import datetime
from typing import NamedTuple

from loyalty.domain.posting import Balance, Entry, moved_by
from loyalty.domain.units import credit_kind
from mandegar.database import ReadConnection
from mandegar.events import CustomerKey
from mandegar.quantities import scaled

_SUMS = """
    SELECT kind, bucket, coalesce(sum(points) FILTER (WHERE effective_at <= $3), 0) AS points, max(version) AS version
    FROM entries WHERE shop = $1 AND customer_id = $2 AND ($4::timestamptz IS NULL OR posted_at <= $4)
    GROUP BY kind, bucket
"""


class Found(NamedTuple):
    """The balance in points and in credit (thousandths), and the version of the last entry that was counted."""

    points: Balance
    credit: Balance
    version: int


async def ledger_balance(
    connection: ReadConnection, customer: CustomerKey, at: datetime, known_at: datetime | None
) -> Found:
    """What the entries that took effect up to ``at`` add up to; of those posted up to ``known_at`` if that is given."""
    totals, version = {True: Balance(), False: Balance()}, 0
    for row in await connection.fetch(_SUMS, *customer, at, known_at):
        kind = credit_kind(row["kind"])
        key = (row["kind"] if kind is None else kind, row["bucket"], "")
        moved = moved_by(Entry("", key, scaled(row["points"], 0), 0, 0))
        totals[kind is not None] = Balance(*map(sum, zip(totals[kind is not None], moved, strict=True)))
        version = max(version, row["version"])
    return Found(totals[False], totals[True], version)
