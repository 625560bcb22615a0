"""What people wrote is understood: the record of orders moves, and each order has one owner."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop
from mandegar.database.tables import instant

revision = "0004_pre_meaning"
down_revision = "0003_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT UPDATE (record_of_orders) ON sources TO ingest_web")
    _add_unclaimed_order_events()
    _add_own_consents()
    # The time of a quarantined event that states none; of what is there already, `received_at` stands for it.
    op.execute("ALTER TABLE quarantine ADD COLUMN sent_at timestamptz")


def _add_unclaimed_order_events() -> None:
    op.create_table(
        "unclaimed_order_events",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("published_for", sa.Text, nullable=False),
        sa.Column("event", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_unclaimed_order_events"),
    )
    op.create_index(
        "ix_unclaimed_order_events_missed",
        "unclaimed_order_events",
        ["received_at"],
        postgresql_where=sa.text("left(published_for, 2) NOT IN ('g_', 'a_')"),
    )
    op.create_index("ix_unclaimed_order_events_order", "unclaimed_order_events", ["shop", "order_id"])
    isolate_by_shop(op, "ingest", "unclaimed_order_events")
    op.execute("REVOKE ALL ON unclaimed_order_events FROM ingest_web")


def _add_own_consents() -> None:
    op.create_table(
        "own_consents",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shop", "channel", "subject", "status")),
        instant("at"),
        sa.Column("method", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "channel", "subject", name="pk_own_consents"),
    )
    isolate_by_shop(op, "ingest", "own_consents")
    op.execute("REVOKE ALL ON own_consents FROM ingest_web")


def downgrade() -> None:
    raise NotImplementedError("what customers said would be lost: restore a backup to go back before this release")
