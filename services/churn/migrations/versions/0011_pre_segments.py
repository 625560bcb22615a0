"""Segments of shops, and which customers are in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mandegar.database.migrations import isolate_by_shop

revision = "0011_pre_segments"
down_revision = "0010_pre_kpis"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
# What the web role may do beside reading.
_WRITTEN_BY_ROUTES = ("segments", "segment_shops")


def upgrade() -> None:
    _create_definitions()
    _create_memberships()
    for table in ("segments", "segment_shops", "segment_states", "segment_members", "segment_counts"):
        isolate_by_shop(op, "churn", table)
        op.execute(
            f"REVOKE {'DELETE' if table in _WRITTEN_BY_ROUTES else 'INSERT, UPDATE, DELETE'} ON {table} FROM churn_web"
        )
    op.execute("GRANT INSERT (hash, key, topic, value) ON outbox TO churn_web")
    op.execute("ALTER TABLE segment_states SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)")
    op.execute("ALTER TABLE segment_counts SET (fillfactor = 50)")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")


def _create_definitions() -> None:
    op.create_table(
        "segments",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text),
        sa.Column(
            "generation", sa.BigInteger, nullable=False, comment="of the shop's segments, from which it is in force"
        ),
        sa.Column("announced", sa.Boolean, nullable=False, comment="bringing customers under it is published as well"),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("shop", "name", name="pk_segments"),
    )
    op.create_table(
        "segment_shops",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Uuid, nullable=False),
        sa.Column("built_ins", sa.Integer, nullable=False),
        sa.Column("often", sa.Integer, comment="lines through the shop's buyers; null: too early to tell"),
        sa.Column("middle", sa.BigInteger, comment="in units of money"),
        sa.Column("high", sa.BigInteger, comment="in units of money"),
        sa.Column("lines_at", _INSTANT),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column(
            "brought_to", sa.Text, nullable=False, server_default="", comment="customers behind are still to come"
        ),
        sa.Column("brought_generation", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("shop", name="pk_segment_shops"),
    )


def _create_memberships() -> None:
    op.create_table(
        "segment_states",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column(
            "members",
            postgresql.JSONB,
            nullable=False,
            server_default=sa.text("'{}'::jsonb"),
            comment="name: since, in us",
        ),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("due_at", _INSTANT),
        sa.Column("hidden_due_at", _INSTANT),
        sa.Column("complained_at", _INSTANT),
        sa.PrimaryKeyConstraint("shop", "customer_id", name="pk_segment_states"),
    )
    op.create_table(
        "segment_members",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("partition", sa.SmallInteger, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("shop", "segment", "customer_id", name="pk_segment_members"),
    )
    op.create_table(
        "segment_counts",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("partition", sa.SmallInteger, nullable=False),
        sa.Column("customers", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("shop", "segment", "partition", name="pk_segment_counts"),
    )
    op.create_index("ix_segment_members_customer", "segment_members", ["shop", "customer_id"])
