"""Coupons: codes of pools, those that were issued, and how many unknown ones were tried."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import isolate_by_shop

revision = "0016_pre_coupons"
down_revision = "0015_pre_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("shop", sa.Text),
        sa.Column("coupon_id", sa.Uuid),
        sa.Column("reward", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("batch_id", sa.Uuid),
        sa.Column("nth", sa.Integer),
        sa.Column("customer_id", sa.Text),
        sa.Column("redemption_id", sa.Uuid),
        sa.Column("prefix", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("terms", JSONB),
        sa.Column("issued_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("used_for", sa.Text),
        sa.Column("used_total", sa.Numeric),
        sa.PrimaryKeyConstraint("shop", "coupon_id", name="pk_coupons"),
    )
    op.create_table(
        "coupon_batches",
        sa.Column("shop", sa.Text),
        sa.Column("batch_id", sa.Uuid),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "batch_id", name="pk_coupon_batches"),
    )
    op.create_table(
        "coupon_guesses",
        sa.Column("shop", sa.Text),
        sa.Column("key_id", sa.Text),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("shop", "key_id", name="pk_coupon_guesses"),
    )
    op.execute(
        "CREATE INDEX ix_coupons_free ON coupons (shop, reward, place)"
        " WHERE redemption_id IS NULL AND issued_at IS NULL"
    )
    op.execute(
        "CREATE UNIQUE INDEX ux_coupons_redemption ON coupons (shop, redemption_id) WHERE redemption_id IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_coupons_customer ON coupons (shop, customer_id) WHERE customer_id IS NOT NULL")
    rights = {
        "coupons": "SELECT, INSERT (shop, coupon_id, reward, batch_id, nth), UPDATE (used_at, used_for, used_total)",
        "coupon_batches": "SELECT, INSERT",
        "coupon_guesses": "SELECT, INSERT, UPDATE",
    }
    for table, granted in rights.items():
        isolate_by_shop(op, "loyalty", table)
        op.execute(f"REVOKE ALL ON {table} FROM loyalty_web")
        op.execute(f"GRANT {granted} ON {table} TO loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("coupons that customers have would be lost: restore a backup to go back")
