"""What lists of who is not healthy are sorted by besides value and last order, as of the crossing into the band.

Customers who are in such a band already stand at the end of these lists until their band, model or orders change.
"""

from alembic import op

revision = "0024_pre_list_keys"
down_revision = "0023_pre_contracts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column, index in (("crossing_risk", "crossing_risk"), ("crossing_year_value", "year_value")):
        op.execute(f"ALTER TABLE customers ADD COLUMN {column} numeric NOT NULL DEFAULT 0")
        op.execute(
            f"CREATE INDEX ix_customers_{index} ON customers (shop, band, {column} DESC, customer_id DESC)"
            " WHERE band IN ('cooling', 'at_risk', 'lost')"
        )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
