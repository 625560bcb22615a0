"""Credit in money: what a customer has in it, what a redemption takes of it, and the read of balances with it."""

import sqlalchemy as sa
from alembic import op

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read

revision = "0031_pre_credit"
down_revision = "0030_pre_coupons_back"
branch_labels = None
depends_on = None

_READ_BALANCE = ShopRead(
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


def upgrade() -> None:
    op.add_column("customers", sa.Column("credit", sa.Text))
    op.add_column("redemptions", sa.Column("credit", sa.BigInteger))
    create_shop_read(op, "loyalty", _READ_BALANCE)


def downgrade() -> None:
    raise NotImplementedError("what customers have in credit would be lost: restore a backup to go back")
