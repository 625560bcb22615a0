"""What customers took of rewards: stock and limits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import isolate_by_shop

revision = "0018_pre_reward_takes"
down_revision = "0017_pre_at_risk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE redemptions ADD COLUMN reward text")
    op.create_table(
        "reward_stocks",
        sa.Column("shop", sa.Text),
        sa.Column("reward", sa.Text),
        sa.Column("confirmed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("shop", "reward", name="pk_reward_stocks"),
    )
    op.create_table(
        "reward_takes",
        sa.Column("shop", sa.Text),
        sa.Column("redemption_id", sa.Uuid),
        sa.Column("customer_id", sa.Text),
        sa.Column("reward", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("terms", JSONB, nullable=False),
        sa.Column("coupon", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("valid_days", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("shop", "redemption_id", name="pk_reward_takes"),
    )
    op.execute(
        "CREATE INDEX ix_reward_takes_open ON reward_takes (shop, reward)"
        " WHERE NOT counted AND state IN ('reserved', 'confirmed')"
    )
    op.execute(
        "CREATE INDEX ix_reward_takes_customer ON reward_takes (shop, customer_id) WHERE customer_id IS NOT NULL"
    )
    for table in ("reward_stocks", "reward_takes"):
        isolate_by_shop(op, "loyalty", table)
        op.execute(f"REVOKE ALL ON {table} FROM loyalty_web")
        op.execute(f"GRANT SELECT ON {table} TO loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("what customers took of rewards would be forgotten: restore a backup to go back")
