"""Forecasts of each shop's revenue, and what came of them."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0014_pre_forecasts"
down_revision = "0013_pre_calibrations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecasts",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customers", sa.BigInteger, nullable=False),
        sa.Column("expected", sa.Numeric, nullable=False),
        sa.Column("low", sa.Numeric, nullable=False),
        sa.Column("high", sa.Numeric, nullable=False),
        sa.Column("paid", sa.Numeric),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("shop", "day", name="pk_forecasts"),
    )
    isolate_by_shop(op, "churn", "forecasts")
    op.execute("REVOKE ALL ON forecasts FROM churn_web")
    op.execute("GRANT SELECT ON forecasts TO churn_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
