"""Answers in milliseconds and cost that stays flat."""

from alembic import op

from mandegar.database import ShopRead
from mandegar.database.guards import add_waiting_beside
from mandegar.database.migrations import create_shop_read

revision = "0005_pre_steady"
down_revision = "0004_pre_meaning"
branch_labels = None
depends_on = None

_READ_BALANCE = ShopRead(
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


def upgrade() -> None:
    add_waiting_beside(op, "loyalty")
    create_shop_read(op, "loyalty", _READ_BALANCE)


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
