"""Files of orders that are compared with the history."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop
from mandegar.database.tables import instant

revision = "0013_pre_reconciling"
down_revision = "0012_pre_points_from"
branch_labels = None
depends_on = None

_TABLES = ("reconciliations", "reconciliation_rows", "reconciliation_extras")
_STATES = "state IN ('receiving', 'comparing', 'compared', 'accepting', 'dropped')"


def upgrade() -> None:
    _add_reconciliations()
    _add_rows()
    _add_extras()
    for table in _TABLES:
        isolate_by_shop(op, "ingest", table)
        op.execute(f"REVOKE ALL ON {table} FROM ingest_web")
        op.execute(f"GRANT SELECT ON {table} TO ingest_web")


def _add_reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shop", "name", "fingerprint", "options")),
        instant("began", nullable=True),
        instant("ended", nullable=True),
        instant("first_at", nullable=True),
        instant("last_at", nullable=True),
        sa.Column("state", sa.Text, nullable=False, server_default="receiving"),
        sa.Column("last_line", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("phase", sa.Text),
        sa.Column("place", sa.Text, nullable=False, server_default=""),
        sa.Column("counts", sa.Text),
        sa.Column("accept_all", sa.Boolean, nullable=False, server_default="false"),
        instant("created_at"),
        instant("moved_at"),
        instant("compared_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
        sa.CheckConstraint(_STATES, name=op.f("ck_reconciliations_state")),
    )
    op.create_index("ix_reconciliations_shop", "reconciliations", ["shop", "created_at", "id"])
    moving = sa.text("state IN ('comparing', 'accepting')")
    op.create_index("ix_reconciliations_moving", "reconciliations", ["moved_at"], postgresql_where=moving)
    op.create_index("ix_reconciliations_moved_at", "reconciliations", ["moved_at"])


def _add_rows() -> None:
    op.create_table(
        "reconciliation_rows",
        sa.Column("reconciliation_id", sa.Uuid, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("order_id", "customer_id", "status", "currency", "refund_id", "fault")),
        sa.Column("at", sa.DateTime(timezone=True)),
        *(sa.Column(name, sa.Numeric) for name in ("total", "refunded")),
        sa.Column("version", sa.BigInteger),
        sa.Column("erased", sa.Boolean, nullable=False, server_default="false"),
        *(sa.Column(name, sa.Text) for name in ("kind", "cause", "lacks")),
        *(sa.Column(name, sa.Numeric) for name in ("our_total", "our_refunded")),
        sa.Column("our_time", sa.DateTime(timezone=True)),
        sa.Column("shift", sa.Integer),
        sa.Column("wanted", sa.Boolean, nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("reconciliation_id", "line", name="pk_reconciliation_rows"),
    )
    op.create_index(
        "ix_reconciliation_rows_order",
        "reconciliation_rows",
        ["reconciliation_id", "order_id", "line"],
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index("ix_reconciliation_rows_kind", "reconciliation_rows", ["reconciliation_id", "kind", "line"])
    _index_customers("reconciliation_rows")


def _add_extras() -> None:
    op.create_table(
        "reconciliation_extras",
        sa.Column("reconciliation_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("customer_id", "cause")),
        *(sa.Column(name, sa.Numeric) for name in ("our_total", "our_refunded")),
        sa.Column("our_time", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("reconciliation_id", "order_id", name="pk_reconciliation_extras"),
    )
    _index_customers("reconciliation_extras")


def _index_customers(table: str) -> None:
    op.create_index(
        f"ix_{table}_customer",
        table,
        ["shop", "customer_id"],
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("reconciliations would be lost: restore a backup to go back before this release")
