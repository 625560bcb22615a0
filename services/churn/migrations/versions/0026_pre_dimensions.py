"""Which parts customers belong to by each dimension, and sums of what these parts count for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import isolate_by_shop

revision = "0026_pre_dimensions"
down_revision = "0025_pre_visitors"
branch_labels = None
depends_on = None

_KEY = {
    **dict.fromkeys(("shop", "calendar", "dimension", "value", "kind"), sa.Text),
    **dict.fromkeys(("one", "other"), sa.Integer),
}


def upgrade() -> None:
    op.create_table(
        "customer_parts",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("sources", JSONB, nullable=False, comment="domain/dimensions.py"),
        sa.Column("categories", JSONB, nullable=False),
        sa.Column("moved", JSONB, nullable=False),
        sa.Column("member", sa.Boolean, nullable=False),
        sa.Column("counted", sa.LargeBinary, nullable=False, comment="the turnover that the sums have of the customer"),
        sa.PrimaryKeyConstraint("shop", "customer_id", name="pk_customer_parts"),
    )
    for name in ("kpi_part_changes", "kpi_part_sums"):
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
            *((key,) if name == "kpi_part_sums" else ()),
        )
    for name in ("customer_parts", "kpi_part_changes", "kpi_part_sums"):
        isolate_by_shop(op, "churn", name)
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM churn_web")
    op.create_index("ix_kpi_part_changes_shop", "kpi_part_changes", ["shop", "dimension"])
    op.execute(
        "CREATE INDEX ix_kpi_part_sums_largest ON kpi_part_sums (shop, calendar, dimension, customers DESC, value)"
        " WHERE kind = 'ever'"
    )
    op.execute(
        "ALTER TABLE kpi_part_changes SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)"
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
