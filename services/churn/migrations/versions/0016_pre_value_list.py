"""An index of those who are not healthy by their last order."""

from alembic import op

revision = "0016_pre_value_list"
down_revision = "0015_pre_backtests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_customers_last_day ON customers (shop, band, last_day DESC, customer_id DESC)"
        " WHERE band IN ('cooling', 'at_risk', 'lost')"
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
