"""Finding the customers who are not under their shop's terms, and making them due."""

from datetime import datetime
from typing import NamedTuple

from churn.models.shop_rows import ShopTerms
from mandegar.customers.locking import lock_customers
from mandegar.database import Connection
from mandegar.events import CustomerKey


class Step(NamedTuple):
    """One step of a walk through a shop: where it ended (none at the end), and how many were not under its terms."""

    last: str | None
    stale: int


_STALE = """
    (model_version IS DISTINCT FROM $2 OR zone IS DISTINCT FROM $3 OR backfill_until IS NOT NULL)
    AND (backfill_until IS NULL OR NOT EXISTS (
        SELECT 1 FROM backfills b WHERE b.shop = $1 AND b.model_version IS NULL))
"""


async def step(
    connection: Connection, terms: ShopTerms, after: str, now: datetime, *, limit: int, partitions: int
) -> Step:
    """Make the stale among the next ``limit`` customers due at ``now``; the timer computes and publishes them."""
    rows = await connection.fetch(
        f"""
        SELECT customer_id, {_STALE} AS stale, due_at IS NOT NULL AND due_at <= $4 AS due FROM customers
        WHERE shop = $1 AND customer_id > $5 ORDER BY customer_id LIMIT $6
        """,  # noqa: S608
        terms.shop,
        terms.model_version,
        terms.zone,
        now,
        after,
        limit,
    )
    waiting = [row["customer_id"] for row in rows if row["stale"] and not row["due"]]
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
    last = rows[-1]["customer_id"] if len(rows) == limit else None
    return Step(last, sum(row["stale"] for row in rows))
