"""What comes of an erased customer is not stored, and whom an event in quarantine names is known."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0010_pre_the_gate"
down_revision = "0009_pre_silence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("names", sa.ARRAY(sa.Text)))
    op.create_index("ix_quarantine_names", "quarantine", ["names"], postgresql_using="gin")
    op.create_index("ix_quarantine_unnamed", "quarantine", ["shop"], postgresql_where=sa.text("names IS NULL"))
    for table, column in (
        ("unclaimed_order_events", "published_for"),
        ("own_consents", "subject"),
        ("account_addresses", "customer_id"),
        ("browser_customers", "customer_id"),
    ):
        op.create_index(f"ix_{table}_{column}", table, ["shop", column])
    _add_unfinished_erasures()


def _add_unfinished_erasures() -> None:
    op.create_table(
        "unfinished_erasures",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("erasure_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("running_until", sa.BigInteger),
        sa.PrimaryKeyConstraint("shop", "erasure_id", "customer_id", name="pk_unfinished_erasures"),
    )
    isolate_by_shop(op, "ingest", "unfinished_erasures")
    op.execute("REVOKE ALL ON unfinished_erasures FROM ingest_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
