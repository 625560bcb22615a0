"""Figures by segment as the last snapshot of a shop has them."""

from datetime import datetime
from typing import Final, NamedTuple

from churn.domain.counting import Counts
from churn.kpis.part_rows import PARTS_MAX
from churn.kpis.rows import count_in
from mandegar.database import Connection
from mandegar.months import Calendar


class SegmentPart(NamedTuple):
    """A segment in the version of the snapshot: how many were in it then and are now, and what they count for."""

    name: str
    version: int
    members_then: int
    members_now: int
    counts: Counts


class Taken(NamedTuple):
    """A snapshot, with some of its segments: of an answer, the largest first. ``current``: of those in force now."""

    at: datetime
    current: bool
    parts: list[SegmentPart]


# One statement, so that all of it is of one snapshot. Sums are summed as those of parts are (``part_rows.py``). What
# the shop has removed since is left out.
_OF_MONTHS: Final = """
    WITH chosen AS (
        SELECT p.segment, p.version, p.members, p.customers, coalesce((
            SELECT sum(c.customers) FROM segment_counts c WHERE c.shop = p.shop AND c.segment = p.segment)::bigint, 0
        ) AS members_now
        FROM segment_snapshot_parts p
        WHERE p.shop = $1 AND CASE WHEN $5::text IS NULL THEN p.members > 0 ELSE p.segment = $5 END
            AND (p.version = 0 OR EXISTS (
                SELECT FROM segments s WHERE s.shop = p.shop AND s.name = p.segment AND s.document IS NOT NULL))
        ORDER BY p.customers DESC, p.segment LIMIT $6
    )
    SELECT t.taken_at, t.generation = g.generation, c.segment, c.version, c.members, c.members_now, n.*
    FROM segment_snapshots t JOIN segment_shops g USING (shop) LEFT JOIN chosen c ON true LEFT JOIN LATERAL (
        SELECT kind, CASE WHEN kind = 'gap' THEN greatest(one, $3) ELSE one END,
            CASE WHEN kind = 'gap' AND other > $4 THEN 0 ELSE other END,
            sum(s.customers)::bigint, sum(orders)::bigint, sum(revenue), sum(again)::bigint
        FROM segment_snapshot_sums s
        WHERE s.shop = $1 AND s.segment = c.segment AND calendar = $2
            AND (kind = 'ever' OR other BETWEEN $3 AND $4 OR kind = 'gap' AND one BETWEEN $3 AND $4)
        GROUP BY 1, 2, 3
    ) n ON true
    WHERE t.shop = $1 AND t.taken_at IS NOT NULL ORDER BY c.customers DESC, c.segment
"""


async def segments_of_months(
    connection: Connection, shop: str, calendar: Calendar, segment: str | None, months: range, window: int
) -> Taken | None:
    """What the figures of some consecutive months are computed from, of one segment or of the largest; None before the
    first snapshot of the shop.
    """
    earliest = months[0] - window - 1
    rows = await connection.fetch(_OF_MONTHS, shop, calendar, earliest, months[-1], segment, PARTS_MAX)
    if not rows:
        return None
    parts: dict[str, SegmentPart] = {}
    for _, _, name, version, then, now, *row in rows:
        if name is not None:
            part = parts.setdefault(name, SegmentPart(name, version, then, now, {}))
            if row[0] is not None:
                place, count = count_in(calendar, row)
                part.counts[place] = count
    return Taken(rows[0][0], rows[0][1], [*parts.values()])
