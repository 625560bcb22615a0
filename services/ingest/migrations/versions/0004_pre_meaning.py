"""What people wrote is understood: the record of orders moves from one source to another."""

from alembic import op

revision = "0004_pre_meaning"
down_revision = "0003_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT UPDATE (record_of_orders) ON sources TO ingest_web")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (record_of_orders) ON sources FROM ingest_web")
