"""Everything that ingest owns, as of its first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import create_customers, create_standard_tables, isolate_by_shop
from mandegar.database.tables import instant

revision = "0001_pre_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_standard_tables(op, "ingest")
    create_customers(
        op,
        "ingest",
        sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("profile", JSONB, nullable=False, server_default="{}"),
    )
    _create_sources()
    _create_history()
    _create_what_waits()
    for table in ("sources", "source_keys", "events", "quarantine", "waiting_refunds"):
        isolate_by_shop(op, "ingest", table)


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("trust", sa.Text, nullable=False),
        sa.Column("record_of_orders", sa.Boolean, nullable=False),
        sa.Column("historical", sa.Boolean, nullable=False),
        sa.Column("kafka", sa.Boolean, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("success_status", sa.SmallInteger, nullable=False, server_default="202"),
        instant("created_at"),
        instant("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.CheckConstraint("trust IN ('server', 'browser')", name=op.f("ck_sources_trust")),
        sa.CheckConstraint("success_status IN (200, 202)", name=op.f("ck_sources_success_status")),
    )
    op.create_index(
        "uq_sources_record",
        "sources",
        ["shop"],
        unique=True,
        postgresql_where=sa.text("record_of_orders AND NOT historical"),
    )
    op.create_index("ix_sources_shop", "sources", ["shop"])
    op.create_table(
        "source_keys",
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        instant("created_at"),
        instant("revoked_at", nullable=True),
        instant("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("prefix", name="pk_source_keys"),
    )
    op.create_index("ix_source_keys_source_id", "source_keys", ["source_id"])


def _create_history() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("native_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text),
        sa.Column("order_id", sa.Text),
        instant("time"),
        instant("recorded_time"),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_events"),
    )
    op.create_index("ix_events_customer", "events", ["shop", "customer_id", "time", "event_id"])
    op.create_index("ix_events_order", "events", ["shop", "order_id"], postgresql_where=sa.text("order_id IS NOT NULL"))


def _create_what_waits() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("native_id", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        instant("received_at"),
        instant("resolved_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.CheckConstraint("state IN ('open', 'released', 'dropped')", name=op.f("ck_quarantine_state")),
    )
    op.create_index("ix_quarantine_shop", "quarantine", ["shop", "state", "received_at", "id"])
    op.create_table(
        "waiting_refunds",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("event", sa.LargeBinary, nullable=False),
        instant("received_at"),
        sa.PrimaryKeyConstraint("event_id", name="pk_waiting_refunds"),
    )
    op.create_index("ix_waiting_refunds_order", "waiting_refunds", ["shop", "order_id"])
    op.create_index("ix_waiting_refunds_received_at", "waiting_refunds", ["received_at"])


def downgrade() -> None:
    raise NotImplementedError("the first migration has nothing below it: drop the database instead")
