"""The inbox holds each event's id once, whenever it was written down (decision 12)."""

from alembic import op

from mandegar.database.migrations import key_inbox_by_id

revision = "0002_pre_inbox_by_id"
down_revision = "0001_pre_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key_inbox_by_id(op, "ingest")


def downgrade() -> None:
    raise NotImplementedError("the table by time is gone: restore a backup to go back before this release")
