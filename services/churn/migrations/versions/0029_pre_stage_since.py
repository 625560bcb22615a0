"""Since when each customer is in the stage that was published last: no change is dated before another."""

from alembic import op

revision = "0029_pre_stage_since"
down_revision = "0028_pre_segment_snapshots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE customers ADD COLUMN stage_since timestamptz")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
