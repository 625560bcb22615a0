"""Customers who are stale: not computed under their shop's terms, or with a history that has ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from churn.models.shop_rows import ShopTerms
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey

_STALE = """
    merged_into IS NULL AND erased_at IS NULL
    AND (model_version IS DISTINCT FROM $2 OR zone IS DISTINCT FROM $3 OR backfill_until IS NOT NULL)
    AND (backfill_until IS NULL OR NOT EXISTS (
        SELECT 1 FROM backfills b WHERE b.shop = $1 AND b.model_version IS NULL))
"""


class Page(NamedTuple):
    """How many of some consecutive customers are stale, and who of these is not due yet.

    ``last`` is the cursor for the next page; ``None`` after the last customer.
    """

    stale: int
    waiting: list[str]
    last: str | None


async def next_stale(connection: WorkerConnection, terms: ShopTerms, after: str, limit: int, now: datetime) -> Page:
    """The stale among the next ``limit`` customers after the id ``after`` (empty: the first ones), without locks."""
    row = await connection.fetchrow(
        f"""
        WITH page AS (
            SELECT * FROM customers WHERE shop = $1 AND customer_id > $5 ORDER BY shop, customer_id LIMIT $6
        )
        SELECT count(*) FILTER (WHERE {_STALE}),
            array_agg(customer_id) FILTER (WHERE (due_at > $4) IS NOT FALSE AND {_STALE}),
            CASE WHEN count(*) = $6 THEN max(customer_id) END
        FROM page
        """,  # noqa: S608
        terms.shop,
        terms.model_version,
        terms.zone,
        now,
        after,
        limit,
    )
    stale, waiting, last = row or (0, None, None)
    return Page(stale, waiting or [], last)


async def make_due(
    connection: WorkerConnection, terms: ShopTerms, customer_ids: Sequence[str], now: datetime, partitions: int
) -> None:
    """Make those among ``customer_ids`` who are still stale due at ``now``."""
    await lock_customers(connection, (CustomerKey(terms.shop, customer_id) for customer_id in customer_ids), partitions)
    await connection.execute(
        f"""
        UPDATE customers SET due_at = $4
        WHERE shop = $1 AND customer_id = ANY($5::text[]) AND {_STALE}
        """,  # noqa: S608
        terms.shop,
        terms.model_version,
        terms.zone,
        now,
        customer_ids,
    )
