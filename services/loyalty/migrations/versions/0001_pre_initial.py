"""The first shape: customers with their balance, orders as packed facts, the ledger, programmes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mandegar.database.migrations import create_customers, create_standard_tables, isolate_by_shop

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_standard_tables(op, "loyalty")
    _customers()
    _orders()
    _entries()
    _programmes()


def _customers() -> None:
    points = ("available", "pending", "held", "debt", "lifetime", "version")
    create_customers(
        op,
        "loyalty",
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in points),
        sa.Column("tier", sa.Text, nullable=True),
        sa.Column("tier_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_tier", sa.Text, nullable=True),
        sa.Column("next_expiry_points", sa.BigInteger, nullable=True),
        sa.Column("next_expiry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("backfill_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False, server_default="{}"),
    )
    op.create_index(
        "ix_customers_backfill",
        "customers",
        ["shop", "partition"],
        postgresql_where=sa.text("backfill_until IS NOT NULL"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("posted", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "customer_id", "order_id", name="pk_orders"),
    )
    isolate_by_shop(op, "loyalty", "orders")


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Uuid, nullable=True),
        sa.Column("triggered_by", sa.Uuid, nullable=True),
        sa.Column("programme_version", sa.Integer, nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_entries"),
        sa.UniqueConstraint("shop", "customer_id", "version", name="uq_entries_shop_customer_id_version"),
    )
    isolate_by_shop(op, "loyalty", "entries")
    op.execute("REVOKE UPDATE, DELETE ON entries FROM loyalty_worker, loyalty_web")
    op.execute("REVOKE INSERT ON entries FROM loyalty_web")


def _programmes() -> None:
    op.create_table(
        "programmes",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recomputed_to", sa.Text, nullable=False, server_default=""),
        sa.Column("recomputed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("shop", "version", name="pk_programmes"),
        sa.UniqueConstraint("shop", "effective_from", name="uq_programmes_shop_effective_from"),
    )
    isolate_by_shop(op, "loyalty", "programmes")
    op.execute("REVOKE UPDATE, DELETE ON programmes FROM loyalty_worker, loyalty_web")
    op.execute("GRANT UPDATE (recomputed_to, recomputed_at) ON programmes TO loyalty_worker")
