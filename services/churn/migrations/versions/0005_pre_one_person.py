"""One person, wherever they came from: a customer may be an alias of another."""

from alembic import op

from mandegar.database.migrations import add_merges, spare_published_rows

revision = "0005_pre_one_person"
down_revision = "0004_pre_steady"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_merges(op)
    spare_published_rows(op)


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
