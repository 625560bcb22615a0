"""The shops whose cut-off (``points_from``) or computation of points has changed, and how far they are recomputed."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from loyalty.domain.remembered import MEANING
from mandegar.database import WorkerConnection


class Change(NamedTuple):
    """A change that has not reached the customers behind ``recomputed_to``."""

    shop: str
    recomputed_to: str


# Batches that had read the setting before it changed may add customers: the walk begins when all of them have ended.
# A number that no transaction here has had yet is that of another cluster, from which the database was restored.
_NEXT = """
    SELECT shop, recomputed_to FROM cutoffs
    WHERE recomputed_at IS NULL AND (
        changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        OR changed_in >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    ORDER BY shop LIMIT 1 FOR UPDATE SKIP LOCKED
"""


async def record_changes(connection: WorkerConnection, shops: Collection[str]) -> None:
    """Have the customers of shops recomputed, because the cut-off changes in this transaction."""
    if shops:
        await connection.execute(
            """
            INSERT INTO cutoffs (shop, changed_in, meaning)
            SELECT shop, pg_current_xact_id()::text::bigint, $2 FROM unnest($1::text[]) AS w(shop) ORDER BY shop
            ON CONFLICT (shop) DO UPDATE SET (changed_in, recomputed_to, recomputed_at, meaning)
                = (excluded.changed_in, '', NULL, greatest(cutoffs.meaning, excluded.meaning))
            """,
            list(shops),
            MEANING,
        )


async def record_begun(connection: WorkerConnection, shops: Collection[str], now: datetime) -> None:
    """Record that shops begin under the present meaning: none of their customers is to be settled anew."""
    if shops:
        await connection.execute(
            """
            INSERT INTO cutoffs (shop, changed_in, recomputed_at, meaning)
            SELECT shop, 0, $2, $3 FROM unnest($1::text[]) AS w(shop) ORDER BY shop ON CONFLICT (shop) DO NOTHING
            """,
            list(shops),
            now,
            MEANING,
        )


async def record_older_meanings(connection: WorkerConnection) -> None:
    """Have the customers of all shops recomputed that were settled under an older meaning."""
    await connection.execute(
        """
        INSERT INTO cutoffs (shop, changed_in, meaning)
        SELECT shop, pg_current_xact_id()::text::bigint, $1 FROM shops s
        WHERE NOT EXISTS (SELECT FROM cutoffs c WHERE c.shop = s.shop AND c.meaning >= $1) ORDER BY shop
        ON CONFLICT (shop) DO UPDATE SET (changed_in, recomputed_to, recomputed_at, meaning)
            = (excluded.changed_in, '', NULL, excluded.meaning)
        WHERE cutoffs.meaning < excluded.meaning
        """,
        MEANING,
    )


async def next_change(connection: WorkerConnection) -> Change | None:
    """A change that has not reached all customers, locked."""
    row = await connection.fetchrow(_NEXT)
    return None if row is None else Change(*row)


async def record_progress(connection: WorkerConnection, shop: str, *, to: str | None, now: datetime) -> None:
    """The customers of a shop up to ``to`` are recomputed; None: all of them."""
    await connection.execute(
        """
        UPDATE cutoffs SET
            recomputed_to = coalesce($2, recomputed_to),
            recomputed_at = CASE WHEN $2::text IS NULL THEN $3::timestamptz END
        WHERE shop = $1
        """,
        shop,
        to,
        now,
    )
