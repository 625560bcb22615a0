"""One person, wherever they came from: a customer may be an alias of another."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import add_merges, spare_published_rows

revision = "0006_pre_one_person"
down_revision = "0005_pre_steady"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_merges(op)
    spare_published_rows(op)
    _say_whose_points_they_were()


def _say_whose_points_they_were() -> None:
    """A column that is null but in entries that a merge posts: no row is rewritten."""
    op.add_column("entries", sa.Column("earned_as", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
