"""Answers in milliseconds and cost that stays flat."""

from alembic import op

from mandegar.database.guards import add_waiting_beside
from mandegar.database.migrations import create_brakes

revision = "0005_pre_steady"
down_revision = "0004_pre_meaning"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_waiting_beside(op, "ingest")
    create_brakes(op, "ingest")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
