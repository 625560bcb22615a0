"""Answers in milliseconds and cost that stays flat."""

from alembic import op

from mandegar.database.guards import add_waiting_beside

revision = "0004_pre_steady"
down_revision = "0003_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_waiting_beside(op, "churn")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
