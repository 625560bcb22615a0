"""The columns of customers that a rebuild writes before it settles them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from mandegar.database import WorkerConnection, as_json, record_set
from mandegar.events import CustomerKey


class PublishedRow(Struct, frozen=True):
    """What was published about a customer, up to ``version``."""

    shop: str
    customer_id: str
    version: int
    settled_at: datetime | None
    announced_tier: str | None
    warned: Sequence[datetime]


_SAVE_PUBLISHED = f"""
    UPDATE customers c SET
        version = greatest(c.version, w.version), settled_at = greatest(c.settled_at, w.settled_at),
        announced_tier = coalesce(w.announced_tier, c.announced_tier), warned = w.warned, remembered = NULL
    FROM {record_set(PublishedRow)}
    WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
"""  # noqa: S608


async def due_now(connection: WorkerConnection, customers: Collection[CustomerKey], now: datetime) -> None:
    """Make locked customers due at ``now``, to be walked from the beginning."""
    await connection.execute(
        """
        UPDATE customers c SET due_at = $3, remembered = NULL
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        [customer.shop for customer in customers],
        [customer.customer_id for customer in customers],
        now,
    )


async def save_published(connection: WorkerConnection, rows: Sequence[PublishedRow]) -> None:
    """Write what was published; a tier that was never announced stays unknown."""
    await connection.execute(_SAVE_PUBLISHED, as_json(rows))
