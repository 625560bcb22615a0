"""Answers in milliseconds and cost that stays flat."""

revision = "0004_pre_steady"
down_revision = "0003_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
