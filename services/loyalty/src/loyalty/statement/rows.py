"""The entries of a span, those of one kind, instant and order together, with the balance before and after it."""

from datetime import datetime
from typing import NamedTuple

from loyalty.domain.posting import Balance, Entry, moved_by
from loyalty.statement.months import Line
from mandegar.database import ReadConnection, Row
from mandegar.events import CustomerKey
from mandegar.quantities import scaled, to_us

# One statement, so that the parts are of one state of the ledger. Corrections that came to nothing are no lines.
_SPAN = """
    WITH all_of_them AS (
        SELECT effective_at, kind, order_id, bucket, points FROM entries
        WHERE shop = $1 AND customer_id = $2 AND effective_at < $4 AND NOT starts_with(kind, 'credit.')
    ), lines AS (
        SELECT effective_at, kind, order_id, array_agg(bucket) AS buckets, array_agg(points) AS points FROM (
            SELECT effective_at, kind, order_id, bucket, sum(points) AS points FROM all_of_them
            WHERE effective_at >= $3 GROUP BY effective_at, kind, order_id, bucket HAVING sum(points) <> 0
        ) AS s GROUP BY effective_at, kind, order_id
    )
    (SELECT 'opening' AS part, $3::timestamptz AS effective_at, kind, '' AS order_id, ARRAY[bucket] AS buckets,
            ARRAY[sum(points)] AS points
        FROM all_of_them WHERE effective_at < $3 GROUP BY kind, bucket)
    UNION ALL
    (SELECT 'closing', $4, kind, '', ARRAY[bucket], ARRAY[sum(points)] FROM all_of_them GROUP BY kind, bucket)
    UNION ALL
    (SELECT 'count', $4, '', '', ARRAY['']::text[], ARRAY[(SELECT count(*) FROM lines)]::numeric[])
    UNION ALL
    (SELECT 'line', * FROM lines ORDER BY effective_at, kind, order_id LIMIT $5)
"""


class Span(NamedTuple):
    """The balance before and after a span, the first of its lines by time, and how many there are."""

    opening: Balance
    lines: list[Line]
    all_lines: int
    closing: Balance


async def span_of(
    connection: ReadConnection, customer: CustomerKey, begin: datetime, until: datetime, limit: int
) -> Span:
    """What happened from ``begin`` to just before ``until``."""
    opening, closing, lines, all_lines = Balance(), Balance(), list[Line](), 0
    for row in await connection.fetch(_SPAN, *customer, begin, until, limit):
        match row["part"]:
            case "opening":
                opening = added(opening, _moved(row))
            case "closing":
                closing = added(closing, _moved(row))
            case "count":
                all_lines = scaled(row["points"][0], 0)
            case _:
                lines.append(Line(to_us(row["effective_at"]), row["kind"], row["order_id"], _moved(row)))
    lines.sort(key=lambda line: (line.at, line.kind, line.order_id))
    return Span(opening, lines, all_lines, closing)


def added(balance: Balance, moved: Balance) -> Balance:
    """The sum of two balances."""
    return Balance(*map(sum, zip(balance, moved, strict=True)))


def _moved(row: Row) -> Balance:
    total = Balance()
    for bucket, points in zip(row["buckets"], row["points"], strict=True):
        total = added(total, moved_by(Entry("", (row["kind"], bucket, ""), scaled(points, 0), 0, 0)))
    return total
