"""Facts about contracts and trials of customers, and what these count for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import isolate_by_shop

revision = "0023_pre_contracts"
down_revision = "0022_pre_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contracts",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False, comment="by whose days kpi_sums and kpi_changes have the facts"),
        sa.Column("facts", JSONB, nullable=False, comment="domain/contracts.py"),
        sa.PrimaryKeyConstraint("shop", "customer_id", name="pk_contracts"),
    )
    op.create_index("ix_contracts_zone", "contracts", ["shop", "zone"])
    isolate_by_shop(op, "churn", "contracts")
    op.execute("REVOKE ALL ON contracts FROM churn_web")
    op.execute("GRANT SELECT ON contracts TO churn_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
