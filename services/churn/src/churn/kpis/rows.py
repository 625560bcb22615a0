"""Sums of what customers count for: read with what nobody has added up yet, so that each answer is complete."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from churn.domain.counting import ZERO, Count, Counts, Kind, Place, PlainCounts, add_counts
from mandegar.database import Connection, Row, WorkerConnection, as_json, record_set
from mandegar.months import Calendar
from mandegar.quantities import scaled, unscaled

# Changes that one statement adds up.
CHANGES_AT_ONCE: Final = 5_000


class _Row(Struct, frozen=True):
    shop: str
    calendar: str
    kind: str
    one: int
    other: int
    customers: int
    orders: int
    revenue: Decimal
    again: int


class ShopCounts:
    """What is to be added to the figures of shops."""

    def __init__(self) -> None:
        self.by_shop: defaultdict[str, PlainCounts] = defaultdict(dict)

    def add(self, shop: str, counts: PlainCounts | Counts) -> None:
        """Add counts to those of a shop."""
        add_counts(self.by_shop[shop], counts)

    def of(self, shop: str) -> Counts:
        """The counts of a shop that are not zero."""
        return {Place(*place): Count(*count) for place, count in self.by_shop[shop].items() if count != ZERO}

    def rows(self) -> list[_Row]:
        """A row for each count that is not zero."""
        return [
            _Row(shop, *place, customers, orders, unscaled(revenue, 0), again)
            for shop, counts in sorted(self.by_shop.items())
            for place, (customers, orders, revenue, again) in sorted(counts.items())
            if customers or orders or revenue or again
        ]


_APPEND = f"""
    INSERT INTO kpi_changes (shop, calendar, kind, one, other, customers, orders, revenue, again)
    SELECT shop, calendar, kind, one, other, customers, orders, revenue, again FROM {record_set(_Row)}
"""  # noqa: S608  names of our own columns
# Rows are taken in no order; sums are locked in the order of their keys. What becomes zero is deleted behind it.
_ADD_UP = """
    WITH taken AS (
        DELETE FROM kpi_changes WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM kpi_changes LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING *
    ), added AS (
        INSERT INTO kpi_sums AS s (shop, calendar, kind, one, other, customers, orders, revenue, again)
        SELECT shop, calendar, kind, one, other, sum(customers), sum(orders), sum(revenue), sum(again) FROM taken
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (shop, calendar, kind, one, other) DO UPDATE
            SET (customers, orders, revenue, again) = (s.customers + excluded.customers, s.orders + excluded.orders,
                s.revenue + excluded.revenue, s.again + excluded.again)
        RETURNING ctid, (customers, orders, revenue, again) = (0, 0, 0, 0) AS is_zero
    )
    SELECT (SELECT count(*) FROM taken), array_agg(ctid) FILTER (WHERE is_zero) FROM added
"""
# In the transaction of the above, which has locked them.
_DELETE_ZEROS = "DELETE FROM kpi_sums WHERE ctid = ANY($1::tid[])"
_SUMS = """
    SELECT kind, one, other, sum(customers)::bigint, sum(orders)::bigint, sum(revenue), sum(again)::bigint FROM (
        SELECT kind, one, other, customers, orders, revenue, again FROM kpi_sums
        WHERE shop = $1 AND calendar = $2 AND ($3::text IS NULL OR kind = $3)
        UNION ALL
        SELECT kind, one, other, customers, orders, revenue, again FROM kpi_changes
        WHERE shop = $1 AND calendar = $2 AND ($3::text IS NULL OR kind = $3)
    ) AS counted
    GROUP BY 1, 2, 3 HAVING (sum(customers), sum(orders), sum(revenue), sum(again)) <> (0, 0, 0, 0)
"""
# Sums what the figures of months up to $4 do not tell apart: cohorts but the month's own, months to come, months up to
# $3, whose customers are current no more when the first of those months begins, and days up to $5.
SUMS_OF_MONTHS: Final = """
    SELECT kind, CASE WHEN kind IN ('gap', 'contract') THEN greatest(one, $3)
            WHEN kind IN ('nps', 'csat', 'trial', 'visit') OR kind = 'cohort' AND one = other THEN one ELSE 0 END,
        CASE WHEN kind = 'gap' AND other > $4 THEN 0 ELSE other END,
        sum(customers)::bigint, sum(orders)::bigint, sum(revenue), sum(again)::bigint
    FROM (
        SELECT kind, one, other, customers, orders, revenue, again FROM kpi_sums
        WHERE shop = $1 AND calendar = $2
        UNION ALL
        SELECT kind, one, other, customers, orders, revenue, again FROM kpi_changes
        WHERE shop = $1 AND calendar = $2
    ) AS counted
    WHERE kind = 'ladder' OR other BETWEEN $3 AND $4
        OR kind IN ('gap', 'nps', 'csat', 'trial', 'visit') AND one BETWEEN $3 AND $4
        OR kind = 'contract' AND one <= $4 OR kind = 'contract_day' AND one <= $5
    GROUP BY 1, 2, 3
"""
# Each has an index of its own: ix_customers_uncounted and ix_customers_unvisited.
_BEING_COUNTED = """
    SELECT EXISTS (
        SELECT FROM customers
        WHERE shop = $1 AND turnover = ''::bytea AND octet_length(orders) > 1 AND zone IS NOT NULL
    ) OR EXISTS (
        SELECT FROM customers
        WHERE shop = $1 AND visit_months = ''::bytea AND substr(signals, 3, 1) > '\\x00'::bytea
    )
"""


async def record_changes(connection: WorkerConnection, changes: ShopCounts) -> None:
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


async def counts_of_shop(connection: Connection, shop: str, calendar: Calendar, *, kind: Kind | None = None) -> Counts:
    """The counts of a shop in a calendar, all or of one kind: a few thousand for five years, whatever its customers."""
    return _counts(calendar, await connection.fetch(_SUMS, shop, calendar, kind))


async def counts_of_months(
    connection: Connection, shop: str, calendar: Calendar, months: range, window: int, today: date
) -> Counts:
    """What the figures of some consecutive months, and the ladder, are computed from: some hundred counts.

    An order keeps a customer current for ``window`` months. Contracts that run are those of ``today``.
    """
    earliest = months[0] - window - 1
    rows = await connection.fetch(SUMS_OF_MONTHS, shop, calendar, earliest, months[-1], today.toordinal())
    return _counts(calendar, rows)


def _counts(calendar: Calendar, rows: Iterable[Row]) -> Counts:
    return dict(count_in(calendar, row) for row in rows)


def count_in(calendar: Calendar, row: Sequence[Any] | Row) -> tuple[Place, Count]:
    """The count in a row that sums up those of one place."""
    kind, one, other, customers, orders, revenue, again = row
    return Place(calendar, kind, one, other), Count(customers, orders, scaled(revenue, 0), again)


async def is_being_counted(connection: Connection, shop: str) -> bool:
    """Whether customers from before the figures are not counted yet; an index has these alone."""
    found: bool = await connection.fetchval(_BEING_COUNTED, shop)
    return found


async def shops_counted(connection: Connection) -> list[str]:
    """The shops that have figures."""
    rows = await connection.fetch("SELECT shop FROM kpi_sums UNION SELECT shop FROM kpi_changes")
    return [row["shop"] for row in rows]
