"""What people are told is right: versions of programmes that nobody has used, and the zones that a shop has had."""

from alembic import op

revision = "0004_pre_meaning"
down_revision = "0003_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The customers of a version in force are recomputed when it is withdrawn.
    op.execute("GRANT UPDATE (recomputed_to, recomputed_at) ON programmes TO loyalty_web")
    op.execute("CREATE INDEX ix_entries_posted ON entries USING brin (posted_at)")


def downgrade() -> None:
    raise NotImplementedError("the zones that shops have had would be lost: restore a backup to go back")
