"""The months in which customers visited, for the figures of their shops.

Rows of customers are not counted here: a background task does, in steps, from the days with a visit that they have.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_pre_visitors"
down_revision = "0024_pre_list_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "customers",
        sa.Column(
            "visit_months",
            sa.LargeBinary,
            nullable=False,
            server_default=sa.text("''::bytea"),
            comment="domain/visit_months.py: what the sums of kpi_sums and kpi_changes have of the customer's visits",
        ),
    )
    op.create_index(
        "ix_customers_unvisited",
        "customers",
        ["shop", "customer_id"],
        postgresql_where=sa.text("visit_months = ''::bytea AND substr(signals, 3, 1) > '\\x00'::bytea"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
