"""The entries of a span, those of one kind, instant and order together, with the balance before and after it."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from loyalty.domain.posting import Balance, Entry, moved_by
from loyalty.domain.units import credit_kind
from loyalty.statement.months import Line
from mandegar.database import ReadConnection, Row
from mandegar.events import CustomerKey
from mandegar.quantities import scaled, to_us

# One statement, so that the parts are of one state of the ledger. Corrections that came to nothing are no lines. The
# lines of either unit are counted apart.
_SPAN = """
    WITH all_of_them AS (
        SELECT effective_at, kind, order_id, bucket, points FROM entries
        WHERE shop = $1 AND customer_id = $2 AND effective_at < $4
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
    (SELECT 'count', $4, kind, '', ARRAY['']::text[], ARRAY[count(*)]::numeric[] FROM lines GROUP BY kind)
    UNION ALL
    (SELECT 'line', * FROM lines ORDER BY effective_at, kind, order_id LIMIT $5)
"""


class Span(NamedTuple):
    """The balance before and after a span in one unit, its first lines by time, and how many there are."""

    opening: Balance = Balance()
    lines: tuple[Line, ...] = ()
    all_lines: int = 0
    closing: Balance = Balance()


class Spans(NamedTuple):
    """What happened to points, and to credit; None if there never was any until then."""

    points: Span
    credit: Span | None


async def spans_of(
    connection: ReadConnection, customer: CustomerKey, begin: datetime, until: datetime, limit: int
) -> Spans:
    """What happened from ``begin`` to just before ``until``; both units have at most ``limit`` lines together."""
    spans: defaultdict[bool, Span] = defaultdict(Span)
    lines: dict[bool, list[Line]] = {True: [], False: []}
    for row in await connection.fetch(_SPAN, *customer, begin, until, limit):
        kind = credit_kind(row["kind"])
        is_credit, kind = kind is not None, row["kind"] if kind is None else kind
        span = spans[is_credit]
        match row["part"]:
            case "opening":
                spans[is_credit] = span._replace(opening=added(span.opening, _moved(row, kind)))
            case "closing":
                spans[is_credit] = span._replace(closing=added(span.closing, _moved(row, kind)))
            case "count":
                spans[is_credit] = span._replace(all_lines=span.all_lines + scaled(row["points"][0], 0))
            case _:
                line = Line(to_us(row["effective_at"]), kind, row["order_id"], _moved(row, kind))
                lines[is_credit].append(line)
    found = {
        unit: span._replace(lines=tuple(sorted(lines[unit], key=lambda line: (line.at, line.kind, line.order_id))))
        for unit, span in spans.items()
    }
    return Spans(found.get(False, Span()), found.get(True))


def added(balance: Balance, moved: Balance) -> Balance:
    """The sum of two balances."""
    return Balance(*map(sum, zip(balance, moved, strict=True)))


def _moved(row: Row, kind: str) -> Balance:
    total = Balance()
    for bucket, points in zip(row["buckets"], row["points"], strict=True):
        total = added(total, moved_by(Entry("", (kind, bucket, ""), scaled(points, 0), 0, 0)))
    return total
