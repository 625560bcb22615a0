"""The counts of a shop: read with what nobody has added up yet, so that each answer is complete."""

from typing import Final

from mandegar.database import Connection, WorkerConnection

# Those who can be in a segment; the other counts are of bands.
ALL: Final = "all"
# Changes that one statement adds up.
CHANGES_AT_ONCE: Final = 5_000

# Rows are taken in no order; sums are locked in the order of their keys.
_ADD_UP: Final = """
    WITH taken AS (
        DELETE FROM count_changes WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM count_changes LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING *
    ), added AS (
        INSERT INTO count_sums AS s (shop, counted, customers)
        SELECT shop, counted, sum(customers) FROM taken GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (shop, counted) DO UPDATE SET customers = s.customers + excluded.customers
    )
    SELECT count(*) FROM taken
"""
_COUNTS: Final = """
    SELECT counted, sum(customers)::bigint AS customers FROM (
        SELECT counted, customers FROM count_sums WHERE shop = $1
        UNION ALL
        SELECT counted, customers FROM count_changes WHERE shop = $1
    ) AS counts
    GROUP BY 1
"""


async def add_up(connection: WorkerConnection, at_most: int = CHANGES_AT_ONCE) -> int:
    """Add up to so many changes to the sums; returns how many there were."""
    counted: int = await connection.fetchval(_ADD_UP, at_most)
    return counted


async def counts_of(connection: Connection, shop: str) -> dict[str, int]:
    """The number of a shop's customers in each band, and of ``ALL``."""
    return {row["counted"]: row["customers"] for row in await connection.fetch(_COUNTS, shop)}
