"""Redemptions, the answers under an ``Idempotency-Key``, and what is reserved of remembered lots."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0014_pre_spending"
down_revision = "0013_pre_rewards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("held", sa.BigInteger))
    op.create_table(
        "redemptions",
        sa.Column("shop", sa.Text),
        sa.Column("redemption_id", sa.Uuid),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("returned", sa.BigInteger, nullable=False),
        sa.Column("lots", sa.Text, nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("order_id", sa.Text),
        sa.Column("reference", sa.Text),
        sa.PrimaryKeyConstraint("shop", "redemption_id", name="pk_redemptions"),
    )
    op.create_index("ix_redemptions_customer", "redemptions", ["shop", "customer_id", "reserved_at", "redemption_id"])
    isolate_by_shop(op, "loyalty", "redemptions")
    op.execute("REVOKE ALL ON redemptions FROM loyalty_web")
    op.execute("GRANT SELECT ON redemptions TO loyalty_web")
    op.create_table(
        "idempotency_keys",
        sa.Column("shop", sa.Text),
        sa.Column("route", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "route", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_customer", "idempotency_keys", ["shop", "customer_id"])
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"])
    isolate_by_shop(op, "loyalty", "idempotency_keys")
    op.execute("REVOKE ALL ON idempotency_keys FROM loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("what was redeemed would be forgotten: restore a backup to go back")
