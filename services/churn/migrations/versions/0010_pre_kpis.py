"""The figures of a shop: the turnover of each customer, and sums of what customers count for.

Rows of customers are not counted here: a background task does, in steps.
"""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0010_pre_kpis"
down_revision = "0009_pre_points_from"
branch_labels = None
depends_on = None

_AGAIN = "customers with two orders or more by the month's end"
_KEY = {"shop": sa.Text, "calendar": sa.Text, "kind": sa.Text, "one": sa.Integer, "other": sa.Integer}


def upgrade() -> None:
    op.add_column(
        "customers",
        sa.Column(
            "turnover",
            sa.LargeBinary,
            nullable=False,
            server_default=sa.text("''::bytea"),
            comment="domain/turnover.py: what the sums of kpi_sums and kpi_changes have of the customer",
        ),
    )
    op.create_index(
        "ix_customers_uncounted",
        "customers",
        ["shop", "customer_id"],
        postgresql_where=sa.text("turnover = ''::bytea AND octet_length(orders) > 1 AND zone IS NOT NULL"),
    )
    for name in ("kpi_changes", "kpi_sums"):
        key = sa.PrimaryKeyConstraint(*_KEY, name=f"pk_{name}")
        op.create_table(
            name,
            *(sa.Column(column, type_, nullable=False, autoincrement=False) for column, type_ in _KEY.items()),
            sa.Column("customers", sa.BigInteger, nullable=False),
            sa.Column("orders", sa.BigInteger, nullable=False),
            sa.Column("revenue", sa.Numeric, nullable=False, comment="ten-thousandths of the currency's unit"),
            sa.Column(
                "again", sa.BigInteger, nullable=False, comment="customers with two orders or more by the month's end"
            ),
            *((key,) if name == "kpi_sums" else ()),
        )
        isolate_by_shop(op, "churn", name)
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM churn_web")
    op.create_index("ix_kpi_changes_shop", "kpi_changes", ["shop"])
    op.execute("ALTER TABLE kpi_changes SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
