"""The counts of a shop: read with what nobody has added up yet, so that each answer is complete."""

from collections.abc import Mapping
from typing import Final, get_args

from mandegar.database import Connection, WorkerConnection
from mandegar.events.churn import FIRST_STAGE, Lifecycle, Stage

# Those who can be in a segment; the other counts are of bands, lifecycles and stages.
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
    """The number of a shop's customers in each band, lifecycle and stage that is counted, and of ``ALL``."""
    return {row["counted"]: row["customers"] for row in await connection.fetch(_COUNTS, shop)}


def lifecycles_in(counts: Mapping[str, int]) -> dict[Lifecycle, int]:
    """The number of customers in each lifecycle: who is healthy, and neither new nor won back, is active."""
    found: dict[Lifecycle, int] = {name: counts.get(name, 0) for name in get_args(Lifecycle)}
    found["active"] = max(0, counts.get("healthy", 0) - found["new"] - found["won_back"])
    return found


def stages_in(counts: Mapping[str, int]) -> dict[Stage, int]:
    """The number of customers in each stage: who is known, and in no other one, is in the first."""
    found: dict[Stage, int] = {name: counts.get(name, 0) for name in get_args(Stage)}
    found[FIRST_STAGE] = max(0, counts.get(ALL, 0) - sum(found.values()))
    return found
