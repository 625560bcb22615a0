"""Answers in milliseconds and cost that stays flat."""

from alembic import op

from mandegar.database.guards import add_waiting_beside

revision = "0006_pre_steady"
down_revision = "0005_pre_meaning"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_waiting_beside(op, "notify")
    _index_sends_by_customer()


def _index_sends_by_customer() -> None:
    """A customer's waiting sends, and those attempted within a window: neither reads all that they ever had."""
    op.execute("CREATE INDEX ix_sends_waiting ON sends (shop, customer_id) WHERE state = 'ready'")
    op.execute(
        "CREATE INDEX ix_sends_attempted ON sends (shop, customer_id, attempted_at) WHERE attempted_at IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
