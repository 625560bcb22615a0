"""Rows of snapshots: the customers that they are taken of, and what was found."""

from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from churn.domain.counting import PlainCounts
from churn.domain.segment_sums import Member
from churn.domain.turnover import spans_in
from churn.kpis.rows import count_in
from mandegar.database import Connection, WorkerConnection, as_json, columns, record_set
from mandegar.quantities import unscaled


class _Part(Struct, frozen=True):
    shop: str
    segment: str
    version: int
    members: int
    customers: int
    fingerprint: int


class _Sum(Struct, frozen=True):
    shop: str
    segment: str
    calendar: str
    kind: str
    one: int
    other: int
    customers: int
    orders: int
    revenue: Decimal
    again: int


class StoredPart(NamedTuple):
    """What a snapshot has of a segment."""

    members: int
    fingerprint: int
    counts: PlainCounts


_PART: Final = columns(_Part)
_SUM: Final = columns(_Sum)
_WRITE_PART: Final = f"INSERT INTO segment_snapshot_parts ({_PART}) SELECT {_PART} FROM {record_set(_Part)}"  # noqa: S608
_WRITE_SUMS: Final = f"INSERT INTO segment_snapshot_sums ({_SUM}) SELECT {_SUM} FROM {record_set(_Sum)}"  # noqa: S608
_PAGE: Final = """
    SELECT c.customer_id, c.turnover, ARRAY(SELECT jsonb_object_keys(s.members)) AS segments
    FROM customers c JOIN segment_states s USING (shop, customer_id)
    WHERE shop = $1 AND customer_id > $2 AND c.merged_into IS NULL AND c.erased_at IS NULL
    ORDER BY customer_id LIMIT $3
"""
_TAKEN: Final = "SELECT shop FROM segment_snapshots WHERE generation IS NOT NULL ORDER BY shop"
_PARTS: Final = "SELECT segment, members, fingerprint FROM segment_snapshot_parts WHERE shop = $1"
_SUMS: Final = """
    SELECT segment, calendar, kind, one, other, customers, orders, revenue, again FROM segment_snapshot_sums
    WHERE shop = $1
"""


async def write_part(connection: WorkerConnection, shop: str, segment: str, version: int, found: StoredPart) -> None:
    """Write what was found of a segment."""
    members, fingerprint, counts = found
    customers = max((count[0] for (_, kind, _, _), count in counts.items() if kind == "ever"), default=0)
    part = _Part(shop, segment, version, members, customers, fingerprint)
    rows = [
        _Sum(shop, segment, *place, customers, orders, unscaled(revenue, 0), again)
        for place, (customers, orders, revenue, again) in sorted(counts.items())
    ]
    await connection.execute(_WRITE_PART, as_json([part]))
    await connection.execute(_WRITE_SUMS, as_json(rows))


async def page(connection: Connection, shop: str, after: str, limit: int) -> list[Member]:
    """The next customers of a shop who have a state in segments, by id."""
    rows = await connection.fetch(_PAGE, shop, after, limit)
    return [Member(row["customer_id"], spans_in(row["turnover"]), row["segments"]) for row in rows]


async def shops_with_snapshots(connection: Connection) -> list[str]:
    """The shops of which a snapshot was taken."""
    return [row["shop"] for row in await connection.fetch(_TAKEN)]


async def stored_parts(connection: Connection, shop: str) -> dict[str, StoredPart]:
    """The snapshot of a shop, by segment."""
    rows = await connection.fetch(_PARTS, shop)
    parts = {segment: StoredPart(members, fingerprint, {}) for segment, members, fingerprint in rows}
    for segment, calendar, *row in await connection.fetch(_SUMS, shop):
        place, count = count_in(calendar, row)
        parts[segment].counts[place] = count
    return parts
