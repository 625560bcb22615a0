"""An index of the lots of remembered accounts that have usable points and do not expire; points that came back."""

import sqlalchemy as sa
from alembic import op

revision = "0016_pre_spendable"
down_revision = "0015_pre_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("redemptions", sa.Column("returns", sa.Text, nullable=False, server_default="{}"))
    op.execute(
        "CREATE INDEX ix_orders_spendable ON orders (shop, customer_id, earned_at, lot_id) "
        "WHERE available > 0 AND expires_at IS NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_orders_spendable")
    op.drop_column("redemptions", "returns")
