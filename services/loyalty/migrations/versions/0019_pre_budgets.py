"""What was given out of the budgets of shops."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0019_pre_budgets"
down_revision = "0018_pre_reward_takes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("shop", sa.Text),
        sa.Column("budget", sa.Text),
        sa.Column("per", sa.Text),
        sa.Column("number", sa.BigInteger, autoincrement=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("shop", "budget", "per", "number", name="pk_budgets"),
    )
    isolate_by_shop(op, "loyalty", "budgets")
    op.execute("REVOKE ALL ON budgets FROM loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("what budgets have given would be forgotten: restore a backup to go back")
