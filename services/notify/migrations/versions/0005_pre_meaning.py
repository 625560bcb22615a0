"""Sends are claimed by channel, and remember when their outcome first became unknown; bands that are over."""

from alembic import op

revision = "0005_pre_meaning"
down_revision = "0004_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _claim_by_channel()
    op.execute("ALTER TABLE customers ADD COLUMN band_left_version bigint NOT NULL DEFAULT 0")


def _claim_by_channel() -> None:
    op.execute("ALTER TABLE sends ADD COLUMN IF NOT EXISTS unknown_at timestamptz")
    op.execute("UPDATE sends SET unknown_at = decided_at WHERE state = 'unknown'")
    op.execute("CREATE INDEX ix_sends_due ON sends (channel, not_before) WHERE state = 'ready'")
    op.execute("DROP INDEX ix_sends_ready")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back before this release")
