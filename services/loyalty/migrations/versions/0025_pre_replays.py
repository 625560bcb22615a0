"""Replays: what another programme would have given."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0025_pre_replays"
down_revision = "0024_pre_spendable"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replays",
        sa.Column("shop", sa.Text),
        sa.Column("replay_id", sa.Uuid),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("started_at", "finished_at", "leased_until")),
        sa.Column("attempt", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("doing", sa.Text),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger, nullable=False, server_default="0"),
        *(sa.Column(name, sa.Text) for name in ("failure", "result", "plots")),
        sa.PrimaryKeyConstraint("shop", "replay_id", name="pk_replays"),
        sa.CheckConstraint("status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="ck_replays_status"),
    )
    op.execute("CREATE INDEX ix_replays_open ON replays (created_at) WHERE status IN ('waiting', 'running')")
    op.create_table(
        "replay_customers",
        sa.Column("shop", sa.Text),
        sa.Column("customer_id", sa.Text),
        sa.Column("replay_id", sa.Uuid),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("shop", "customer_id", "replay_id", name="pk_replay_customers"),
    )
    op.create_index("ix_replay_customers_replay", "replay_customers", ["shop", "replay_id"])
    for table in ("replays", "replay_customers"):
        isolate_by_shop(op, "loyalty", table)
        op.execute(f"REVOKE ALL ON {table} FROM loyalty_web")
    op.execute("GRANT SELECT, INSERT, UPDATE (status, finished_at) ON replays TO loyalty_web")
    op.execute("GRANT SELECT ON replay_customers TO loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("what was asked for would be lost: restore a backup to go back before this release")
