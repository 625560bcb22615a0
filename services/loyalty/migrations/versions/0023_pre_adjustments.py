"""Adjustments of points by staff."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0023_pre_adjustments"
down_revision = "0022_pre_last_days"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adjustments",
        sa.Column("shop", sa.Text),
        sa.Column("adjustment_id", sa.Uuid),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("last_day", sa.Date),
        sa.Column("allow_debt", sa.Boolean, nullable=False),
        sa.Column("author_key", sa.Text, nullable=False),
        sa.Column("author", sa.Text),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_key", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("shop", "adjustment_id", name="pk_adjustments"),
    )
    op.create_index("ix_adjustments_asked_at", "adjustments", ["shop", "asked_at", "adjustment_id"])
    op.create_index("ix_adjustments_customer", "adjustments", ["shop", "customer_id"])
    op.create_index(
        "ix_adjustments_waiting", "adjustments", ["shop", "asked_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    isolate_by_shop(op, "loyalty", "adjustments")
    op.execute("REVOKE ALL ON adjustments FROM loyalty_web")
    op.execute("GRANT SELECT ON adjustments TO loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("what staff has adjusted would be forgotten: restore a backup to go back")
