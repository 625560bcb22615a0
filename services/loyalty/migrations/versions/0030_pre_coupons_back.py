"""Coupons that come back from an order, and rewards in the same redemption as a part of a payment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030_pre_coupons_back"
down_revision = "0029_pre_draws"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("coupons", sa.Column("used_number", sa.Integer))
    op.add_column("coupons", sa.Column("returns", JSONB, nullable=False, server_default="{}"))
    op.add_column("redemptions", sa.Column("paid_points", sa.BigInteger))
    op.execute("GRANT UPDATE (used_number) ON coupons TO loyalty_web")
    op.create_index(
        "ix_coupons_used_for", "coupons", ["shop", "used_for"], postgresql_where=sa.text("used_for IS NOT NULL")
    )


def downgrade() -> None:
    raise NotImplementedError("which coupons came back would be lost: restore a backup to go back before this release")
