"""One-time codes, with which customers redeem at a till."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0020_pre_till_codes"
down_revision = "0019_pre_budgets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "till_codes",
        sa.Column("shop", sa.Text),
        sa.Column("code_id", sa.Uuid),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("points", sa.BigInteger),
        sa.Column("reward", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("redemption_id", sa.Uuid),
        sa.PrimaryKeyConstraint("shop", "code_id", name="pk_till_codes"),
    )
    op.execute("CREATE INDEX ix_till_codes_customer ON till_codes (shop, customer_id, issued_at)")
    op.execute("CREATE INDEX ix_till_codes_issued_at ON till_codes (issued_at)")
    isolate_by_shop(op, "loyalty", "till_codes")
    op.execute("REVOKE ALL ON till_codes FROM loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
