"""The instant from which on orders of a shop earn points."""

from alembic import op

from mandegar.database.migrations import add_points_from

revision = "0009_pre_points_from"
down_revision = "0008_pre_pseudonyms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_points_from(op)


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
