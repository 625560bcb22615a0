"""Customers who are stale: not computed under their shop's terms, or with a history that has ended."""

from collections.abc import Sequence
from datetime import datetime

from churn.models.shop_rows import ShopTerms
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey

_STALE = """
    (model_version IS DISTINCT FROM $2 OR zone IS DISTINCT FROM $3 OR backfill_until IS NOT NULL)
    AND (backfill_until IS NULL OR NOT EXISTS (
        SELECT 1 FROM backfills b WHERE b.shop = $1 AND b.model_version IS NULL))
"""


async def make_stale_due(
    connection: WorkerConnection, terms: ShopTerms, customer_ids: Sequence[str], now: datetime, partitions: int
) -> int:
    """Make the stale among ``customer_ids`` due at ``now``; returns how many are stale, those already due included."""
    rows = await connection.fetch(
        f"""
        SELECT customer_id, due_at IS NOT NULL AND due_at <= $4 AS due FROM customers
        WHERE shop = $1 AND customer_id = ANY($5::text[]) AND {_STALE}
        """,  # noqa: S608
        terms.shop,
        terms.model_version,
        terms.zone,
        now,
        customer_ids,
    )
    waiting = [row["customer_id"] for row in rows if not row["due"]]
    if waiting:
        await lock_customers(connection, (CustomerKey(terms.shop, customer_id) for customer_id in waiting), partitions)
        await connection.execute(
            f"""
            UPDATE customers SET due_at = $4
            WHERE shop = $1 AND customer_id = ANY($5::text[]) AND {_STALE}
            """,  # noqa: S608
            terms.shop,
            terms.model_version,
            terms.zone,
            now,
            waiting,
        )
    return len(rows)
