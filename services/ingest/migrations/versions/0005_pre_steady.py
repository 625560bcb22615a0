"""Answers in milliseconds and cost that stays flat."""

revision = "0005_pre_steady"
down_revision = "0004_pre_meaning"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
