"""Backtests of a shop's own orders, the horizon of its scores, and messages that treated its customers."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0015_pre_backtests"
down_revision = "0014_pre_forecasts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backtests",
        sa.Column("shop", sa.Text),
        sa.Column("backtest_id", sa.Uuid),
        sa.Column("horizon_weeks", sa.SmallInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("started_at", "finished_at", "leased_until")),
        sa.Column("attempt", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("doing", sa.Text),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger, nullable=False, server_default="0"),
        *(sa.Column(name, sa.Text) for name in ("failure", "result", "page")),
        sa.PrimaryKeyConstraint("shop", "backtest_id", name="pk_backtests"),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="ck_backtests_status"
        ),
    )
    op.execute("CREATE UNIQUE INDEX ix_backtests_open ON backtests (shop) WHERE status IN ('waiting', 'running')")
    isolate_by_shop(op, "churn", "backtests")
    op.execute("REVOKE ALL ON backtests FROM churn_web")
    op.execute("GRANT SELECT, INSERT, UPDATE (status, finished_at) ON backtests TO churn_web")

    op.create_table(
        "horizons",
        sa.Column("shop", sa.Text),
        sa.Column("weeks", sa.SmallInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", name="pk_horizons"),
    )
    isolate_by_shop(op, "churn", "horizons")
    op.execute("REVOKE DELETE ON horizons FROM churn_web")
    op.create_table(
        "treatments",
        sa.Column("shop", sa.Text),
        sa.Column("message_id", sa.Uuid),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("shop", "message_id", name="pk_treatments"),
    )
    op.create_index("ix_treatments_customer", "treatments", ["shop", "customer_id"])
    op.create_index("ix_treatments_at", "treatments", ["at"])
    isolate_by_shop(op, "churn", "treatments")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON treatments FROM churn_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
