"""Sums of what the customers of each part count for: read with what nobody has added up yet, so that each answer is
complete.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from churn.domain.counting import ZERO, Counts, add_counts
from churn.domain.dimensions import Dimension, PartCounts
from churn.kpis.rows import CHANGES_AT_ONCE, SUMS_OF_MONTHS, count_in
from mandegar.database import Connection, WorkerConnection, as_json, columns, record_set
from mandegar.months import Calendar
from mandegar.quantities import unscaled

# An answer has the largest parts of a dimension one by one.
PARTS_MAX: Final = 50


class _Row(Struct, frozen=True):
    shop: str
    calendar: str
    dimension: str
    value: str
    kind: str
    one: int
    other: int
    customers: int
    orders: int
    revenue: Decimal
    again: int


class ShopPartCounts:
    """What is to be added to the figures by dimension of shops."""

    def __init__(self) -> None:
        self.by_shop: defaultdict[str, PartCounts] = defaultdict(dict)

    def add(self, shop: str, parts: PartCounts) -> None:
        """Add the counts of parts to those of a shop."""
        mine = self.by_shop[shop]
        for part, counts in parts.items():
            add_counts(mine.setdefault(part, {}), counts)

    def of(self, shop: str) -> PartCounts:
        """The counts of a shop that are not zero."""
        return without_zeros(self.by_shop[shop])

    def rows(self) -> list[_Row]:
        """A row for each count that is not zero."""
        return [
            _Row(shop, calendar, *part, kind, one, other, customers, orders, unscaled(revenue, 0), again)
            for shop in sorted(self.by_shop)
            for part, counts in sorted(self.of(shop).items())
            for (calendar, kind, one, other), (customers, orders, revenue, again) in sorted(counts.items())
        ]


def without_zeros(parts: PartCounts) -> PartCounts:
    """Some counts, without those that are zero."""
    kept = {part: {place: count for place, count in counts.items() if count != ZERO} for part, counts in parts.items()}
    return {part: counts for part, counts in kept.items() if counts}


_COLUMNS: Final = columns(_Row)
_APPEND: Final = f"INSERT INTO kpi_part_changes ({_COLUMNS}) SELECT {_COLUMNS} FROM {record_set(_Row)}"  # noqa: S608
# Rows are taken in no order; sums are locked in the order of their keys. What becomes zero is deleted behind it: it
# may be of a value that only an erased customer had.
_ADD_UP: Final = """
    WITH taken AS (
        DELETE FROM kpi_part_changes WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM kpi_part_changes LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING *
    ), added AS (
        INSERT INTO kpi_part_sums AS s
            (shop, calendar, dimension, value, kind, one, other, customers, orders, revenue, again)
        SELECT shop, calendar, dimension, value, kind, one, other,
            sum(customers), sum(orders), sum(revenue), sum(again) FROM taken
        GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
        ON CONFLICT (shop, calendar, dimension, value, kind, one, other) DO UPDATE
            SET (customers, orders, revenue, again) = (s.customers + excluded.customers, s.orders + excluded.orders,
                s.revenue + excluded.revenue, s.again + excluded.again)
        RETURNING ctid, (customers, orders, revenue, again) = (0, 0, 0, 0) AS is_zero
    )
    SELECT (SELECT count(*) FROM taken), array_agg(ctid) FILTER (WHERE is_zero) FROM added
"""
# In the transaction of the above, which has locked them.
_DELETE_ZEROS: Final = "DELETE FROM kpi_part_sums WHERE ctid = ANY($1::tid[])"
_ALL: Final = """
    SELECT dimension, value, calendar, kind, one, other,
        sum(customers)::bigint, sum(orders)::bigint, sum(revenue), sum(again)::bigint
    FROM (
        SELECT * FROM kpi_part_sums WHERE shop = $1 UNION ALL SELECT * FROM kpi_part_changes WHERE shop = $1
    ) AS counted
    GROUP BY 1, 2, 3, 4, 5, 6
"""
# The index has the largest; what waits to be added up may be of others, and each of its values may leave the place of a
# larger one to the next.
_LARGEST: Final = """
    WITH candidates AS (
        (SELECT value FROM kpi_part_sums
        WHERE shop = $1 AND calendar = $2 AND dimension = $3 AND kind = 'ever'
        ORDER BY customers DESC, value LIMIT $4 + (
            SELECT count(DISTINCT value) FROM kpi_part_changes
            WHERE shop = $1 AND calendar = $2 AND dimension = $3 AND kind = 'ever'))
        UNION
        SELECT value FROM kpi_part_changes
        WHERE shop = $1 AND calendar = $2 AND dimension = $3 AND kind = 'ever'
    )
    SELECT value FROM (
        SELECT value, customers FROM kpi_part_sums JOIN candidates USING (value)
        WHERE shop = $1 AND calendar = $2 AND dimension = $3 AND kind = 'ever'
        UNION ALL
        SELECT value, customers FROM kpi_part_changes
        WHERE shop = $1 AND calendar = $2 AND dimension = $3 AND kind = 'ever'
    ) AS counted
    GROUP BY 1 HAVING sum(customers) > 0 ORDER BY sum(customers) DESC, value LIMIT $4
"""
# In one statement with the sums of the whole shop, so that what is in no part can be told; summed as these are.
_OF_MONTHS: Final = f"""
    SELECT NULL::text AS value, * FROM ({SUMS_OF_MONTHS}) AS whole
    UNION ALL
    SELECT value, kind, CASE WHEN kind = 'gap' THEN greatest(one, $3) ELSE one END,
        CASE WHEN kind = 'gap' AND other > $4 THEN 0 ELSE other END,
        sum(customers)::bigint, sum(orders)::bigint, sum(revenue), sum(again)::bigint
    FROM (
        SELECT value, kind, one, other, customers, orders, revenue, again FROM kpi_part_sums
        WHERE shop = $1 AND calendar = $2 AND dimension = $6 AND value = ANY($7)
        UNION ALL
        SELECT value, kind, one, other, customers, orders, revenue, again FROM kpi_part_changes
        WHERE shop = $1 AND calendar = $2 AND dimension = $6 AND value = ANY($7)
    ) AS counted
    WHERE kind = 'ever' OR other BETWEEN $3 AND $4 OR kind = 'gap' AND one BETWEEN $3 AND $4
    GROUP BY 1, 2, 3, 4
"""  # noqa: S608  a constant
_SHOPS: Final = "SELECT shop FROM kpi_part_sums UNION SELECT shop FROM kpi_part_changes"


async def record_part_changes(connection: WorkerConnection, changes: ShopPartCounts) -> None:
    """Append what a batch has changed; no row is locked, so batches do not wait for each other."""
    if rows := changes.rows():
        await connection.execute(_APPEND, as_json(rows))


async def add_up(connection: WorkerConnection, at_most: int = CHANGES_AT_ONCE) -> int:
    """Add up to so many changes to the sums; returns how many there were."""
    counted: int
    ((counted, zeros),) = await connection.fetch(_ADD_UP, at_most)
    if zeros:
        await connection.execute(_DELETE_ZEROS, zeros)
    return counted


async def parts_of_shop(connection: Connection, shop: str) -> PartCounts:
    """All counts of all parts of a shop, in both calendars."""
    parts: PartCounts = {}
    for dimension, value, calendar, *row in await connection.fetch(_ALL, shop):
        place, count = count_in(calendar, row)
        parts.setdefault((dimension, value), {})[place] = count
    return without_zeros(parts)


async def shops_with_parts(connection: Connection) -> list[str]:
    """The shops that have figures by a dimension."""
    return [row["shop"] for row in await connection.fetch(_SHOPS)]


async def largest_parts(connection: Connection, shop: str, calendar: Calendar, dimension: Dimension) -> list[str]:
    """The values of a dimension with the most customers of all time, those first."""
    rows = await connection.fetch(_LARGEST, shop, calendar, dimension, PARTS_MAX)
    return [row["value"] for row in rows]


async def parts_of_months(
    connection: Connection,
    shop: str,
    calendar: Calendar,
    by: tuple[Dimension, Sequence[str]],
    months: range,
    window: int,
    today: date,
) -> dict[str | None, Counts]:
    """What the figures of some consecutive months are computed from, as ``counts_of_months``: of all customers (None),
    and of those with each of some values of a dimension.
    """
    dimension, values = by
    earliest = months[0] - window - 1
    rows = await connection.fetch(
        _OF_MONTHS, shop, calendar, earliest, months[-1], today.toordinal(), dimension, values
    )
    parts: dict[str | None, Counts] = {None: {}, **{value: {} for value in values}}
    for value, *row in rows:
        place, count = count_in(calendar, row)
        parts[value][place] = count
    return parts
