"""Gone when they ask: a customer may be erased, and readmitted."""

from alembic import op

from mandegar.database.migrations import add_erasures

revision = "0008_pre_erasure"
down_revision = "0007_pre_one_person"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_erasures(op, "notify")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
