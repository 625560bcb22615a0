"""Redemptions name orders as they are published, and keep beside it what the shop wrote."""

from alembic import op
from sqlalchemy import Column, Text, text

revision = "0039_pre_orders_as_published"
down_revision = "0038_pre_settled_under"
branch_labels = None
depends_on = None

_UNNAMED = (
    "order_written IS NULL AND (order_id !~ '^[A-Za-z0-9_-]{1,64}$' OR order_id ~ '[0-9]([_-]*[0-9]){8}')"
    " AND order_id !~ '^[gh]_[0-9a-f]{32}$'"
)


def upgrade() -> None:
    op.add_column("redemptions", Column("order_written", Text))
    op.add_column("redemptions", Column("reference_written", Text))
    op.create_index("ix_redemptions_unnamed", "redemptions", ["shop", "redemption_id"], postgresql_where=text(_UNNAMED))


def downgrade() -> None:
    op.drop_index("ix_redemptions_unnamed", "redemptions")
    op.drop_column("redemptions", "reference_written")
    op.drop_column("redemptions", "order_written")
