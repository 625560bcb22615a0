"""Sums of the ledger: read with what nobody has added up yet, so that each answer is complete."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from mandegar.database import Connection, ReadConnection, WorkerConnection
from mandegar.quantities import scaled

# Changes that one statement adds up.
CHANGES_AT_ONCE = 5_000
# Of points whose last day is not known yet.
UNKNOWN_DAY = date.min

# Rows are taken in no order; sums are locked in the order of their keys.
_ADD_UP = """
    WITH taken AS (
        DELETE FROM book_changes WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM book_changes LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING *
    ), days AS (
        INSERT INTO book_days AS b (shop, booked_on, kind, bucket, points, entries)
        SELECT shop, booked_on, kind, bucket, sum(points), sum(entries) FROM taken
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (shop, booked_on, kind, bucket) DO UPDATE
            SET (points, entries) = (b.points + excluded.points, b.entries + excluded.entries)
    ), lots AS (
        INSERT INTO book_lots AS b (shop, last_day, kind, bucket, points, entries)
        SELECT shop, last_day, kind, bucket, sum(points), sum(entries) FROM taken
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (shop, last_day, kind, bucket) DO UPDATE
            SET (points, entries) = (b.points + excluded.points, b.entries + excluded.entries)
    )
    SELECT count(*) FROM taken
"""
_PERIODS = """
    SELECT width_bucket(booked_on, $2::date[]) AS period, kind, bucket, sum(points) FROM (
        SELECT booked_on, kind, bucket, points FROM book_days WHERE shop = $1 AND booked_on < $3
        UNION ALL
        SELECT booked_on, kind, bucket, points FROM book_changes WHERE shop = $1 AND booked_on < $3
    ) AS counted GROUP BY 1, 2, 3
"""
# Of the erased no lots are told apart: their points are among those of the lots, and once more by themselves.
_LOTS = """
    SELECT last_day, kind, bucket, sum(points), sum(entries)::bigint FROM (
        SELECT last_day, kind, bucket, points, entries FROM book_lots WHERE shop = $1
        UNION ALL
        SELECT last_day, kind, bucket, points, entries FROM book_changes WHERE shop = $1
    ) AS counted GROUP BY 1, 2, 3
    UNION ALL
    SELECT NULL, kind, bucket, sum(points), count(*) FROM entries
    WHERE shop = $1 AND starts_with(customer_id, 'erased:') GROUP BY 2, 3
"""


class LotSum(NamedTuple):
    """The points of entries for lots with one last day, and how many entries; None: of erased customers, again."""

    last_day: date | None
    kind: str
    bucket: str
    points: int
    entries: int


async def add_up(connection: WorkerConnection, at_most: int = CHANGES_AT_ONCE) -> int:
    """Add up to so many changes to the sums; returns how many there were."""
    counted: int = await connection.fetchval(_ADD_UP, at_most)
    return counted


async def sums_of_periods(
    connection: ReadConnection, shop: str, bounds: Sequence[date]
) -> dict[int, dict[tuple[str, str], int]]:
    """The sums of the periods between bounds, from 1; under 0 those of all entries before."""
    found: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    for period, kind, bucket, points in await connection.fetch(_PERIODS, shop, list(bounds), bounds[-1]):
        found[period][kind, bucket] = scaled(points, 0)
    return found


async def sums_of_lots(connection: Connection, shop: str) -> list[LotSum]:
    """The sums of all lots, by their last day."""
    return [
        LotSum(last_day, kind, bucket, scaled(points, 0), entries)
        for last_day, kind, bucket, points, entries in await connection.fetch(_LOTS, shop)
    ]
