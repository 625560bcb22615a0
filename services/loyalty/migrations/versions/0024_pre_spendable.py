"""An index of the lots of remembered accounts that have usable points and do not expire; what paid a part."""

import sqlalchemy as sa
from alembic import op

revision = "0024_pre_spendable"
down_revision = "0023_pre_adjustments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("redemptions", sa.Column("discount", sa.Numeric))
    op.add_column("redemptions", sa.Column("currency", sa.Text))
    op.add_column("redemptions", sa.Column("returns", sa.Text, nullable=False, server_default="{}"))
    op.execute(
        "CREATE INDEX ix_orders_spendable ON orders (shop, customer_id, earned_at, lot_id) "
        "WHERE available > 0 AND expires_at IS NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_orders_spendable")
    for column in ("returns", "currency", "discount"):
        op.drop_column("redemptions", column)
