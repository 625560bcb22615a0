"""What a rebuild writes of customers: that they are to be settled, and what was said of them before."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from mandegar.database import Connection, as_json
from mandegar.events import CustomerKey


class SaidRow(Struct, frozen=True):
    """What was published of a customer, up to ``version``."""

    shop: str
    customer_id: str
    version: int
    settled_at: datetime | None
    announced_tier: str | None
    warned: Sequence[datetime]


async def make_due(connection: Connection, customers: Collection[CustomerKey], now: datetime) -> None:
    """Let customers, whose rows are locked, be settled once everything is known."""
    await connection.execute(
        """
        UPDATE customers c SET due_at = $3
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        [customer.shop for customer in customers],
        [customer.customer_id for customer in customers],
        now,
    )


async def save_said(connection: Connection, rows: Sequence[SaidRow]) -> None:
    """Note what was said of customers; a tier that was not spoken of stays as it was."""
    await connection.execute(
        """
        UPDATE customers c SET
            version = greatest(c.version, w.version), settled_at = greatest(c.settled_at, w.settled_at),
            announced_tier = coalesce(w.announced_tier, c.announced_tier), warned = w.warned
        FROM json_to_recordset($1::json) AS w(
            shop text, customer_id text, version bigint, settled_at timestamptz, announced_tier text,
            warned timestamptz[])
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        as_json(rows),
    )
