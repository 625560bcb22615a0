"""The stored balance of one customer, in one round trip."""

from mandegar.database import Pool, Row, ShopRead, read_of_shop
from mandegar.events import CustomerKey

# Also when the balance changes next, and since when the shop has been in its newest zone.
READ_BALANCE = ShopRead(
    "read_balance",
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
    },
    query="""
    SELECT available, pending, held, debt, lifetime, tier, tier_until, next_expiry_points, next_expiry_at,
           version, settled_at, due_at, (SELECT max(since) FROM shop_zones WHERE shop = of_shop)
    FROM customers WHERE shop = of_shop AND customer_id = of_customer
    """,
)


async def stored_balance(pool: Pool, customer: CustomerKey) -> Row | None:
    """The row of ``READ_BALANCE`` for a customer, or None if there is none."""
    rows = await read_of_shop(pool, READ_BALANCE, *customer)
    return rows[0] if rows else None
