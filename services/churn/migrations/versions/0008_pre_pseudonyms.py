"""Nothing personal on the topics that last: how a shop's ids are published, and which attributes."""

from alembic import op

from mandegar.database.migrations import add_pseudonyms

revision = "0008_pre_pseudonyms"
down_revision = "0007_pre_erased_persons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_pseudonyms(op)


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
