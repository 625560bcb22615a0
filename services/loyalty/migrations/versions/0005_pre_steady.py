"""Answers in milliseconds and cost that stays flat."""

import sqlalchemy as sa
from alembic import op

from mandegar.database import ShopRead
from mandegar.database.guards import add_waiting_beside
from mandegar.database.migrations import create_brakes, create_shop_read

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
    create_brakes(op, "loyalty")
    create_shop_read(op, "loyalty", _READ_BALANCE)
    _remember_accounts()


def _remember_accounts() -> None:
    """Columns that settling fills for customers with many orders, each when it is next settled."""
    op.add_column("customers", sa.Column("remembered", sa.Text))
    for name in ("earned_at", "changed_at", "next_at", "expires_at"):
        op.add_column("orders", sa.Column(name, sa.BigInteger))
    op.add_column("orders", sa.Column("net", sa.Numeric))
    op.add_column("orders", sa.Column("tier", sa.SmallInteger))
    op.add_column("orders", sa.Column("pending", sa.BigInteger))
    op.add_column("orders", sa.Column("available", sa.BigInteger))
    # No row is in them yet, so they are built at once.
    for name, more in (("earned_at", ["lot_id"]), ("changed_at", []), ("next_at", []), ("expires_at", [])):
        op.create_index(
            f"ix_orders_{name}",
            "orders",
            ["shop", "customer_id", name, *more],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
