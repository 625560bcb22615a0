"""The phone numbers of customers, as pseudonyms."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0012_pre_phones"
down_revision = "0011_pre_opening"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phones",
        sa.Column("shop", sa.Text),
        sa.Column("customer_id", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("phone_id", sa.Text),
        sa.PrimaryKeyConstraint("shop", "customer_id", name="pk_phones"),
    )
    op.execute("CREATE INDEX ix_phones_phone ON phones (shop, phone_id) WHERE phone_id IS NOT NULL")
    isolate_by_shop(op, "loyalty", "phones")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON phones FROM loyalty_web")


def downgrade() -> None:
    op.drop_table("phones")
