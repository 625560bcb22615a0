"""Counts the ledger of a shop again: while it moved in, the zones that it has had were not there yet."""

from mandegar.database import WorkerConnection

# As the triggers count (migration 0021).
_COUNT = """
    INSERT INTO book_changes (shop, booked_on, last_day, kind, bucket, points, entries)
    SELECT e.shop, (e.posted_at AT TIME ZONE coalesce(
            (SELECT s.zone FROM shop_zones s WHERE s.shop = e.shop AND s.since <= e.posted_at
                ORDER BY s.version DESC LIMIT 1),
            (SELECT s.zone FROM shop_zones s WHERE s.shop = e.shop ORDER BY s.version LIMIT 1),
            (SELECT s.zone FROM shops s WHERE s.shop = e.shop), 'UTC'))::date,
        coalesce(e.last_day, date '0001-01-01'), e.kind, e.bucket, sum(e.points), count(*)
    FROM entries e WHERE e.shop = $1 GROUP BY 1, 2, 3, 4, 5
"""


async def count_again(connection: WorkerConnection, shop: str) -> None:
    """Replace the sums of a shop by those of its ledger; no entry may be posted meanwhile."""
    await connection.execute("DELETE FROM book_changes WHERE shop = $1", shop)
    await connection.execute("DELETE FROM book_days WHERE shop = $1", shop)
    await connection.execute("DELETE FROM book_lots WHERE shop = $1", shop)
    await connection.execute(_COUNT, shop)
