"""The stored balance of one customer, in one round trip."""

from datetime import datetime

from mandegar.database import Row, ShopRead
from mandegar.events import CustomerKey
from mandegar.service.context import Context
from mandegar.service.reads import read_as_of

# Also when the balance changes next, and since when the shop has been in its newest zone.
READ_BALANCE = ShopRead(
    "read_balance_in_units",
    arguments={"of_customer": "text"},
    returns={
        "available": "bigint",
        "pending": "bigint",
        "held": "bigint",
        "debt": "bigint",
        "lifetime": "bigint",
        "tier": "text",
        "tier_until": "timestamptz",
        "next_expiry_points": "bigint",
        "next_expiry_at": "timestamptz",
        "version": "bigint",
        "settled_at": "timestamptz",
        "due_at": "timestamptz",
        "zone_since": "timestamptz",
        "credit": "text",
    },
    query="""
    SELECT available, pending, held, debt, lifetime, tier, tier_until, next_expiry_points, next_expiry_at,
           version, settled_at, due_at, (SELECT max(since) FROM shop_zones WHERE shop = of_shop),
           credit
    FROM customers WHERE shop = of_shop AND customer_id = of_customer
    """,
)


async def stored_balance(ctx: Context, customer: CustomerKey) -> tuple[Row | None, datetime]:
    """The row of ``READ_BALANCE`` for a customer, or None if there is none, and as of when it is current."""
    rows, as_of = await read_as_of(ctx, READ_BALANCE, *customer)
    return (rows[0] if rows else None), as_of
