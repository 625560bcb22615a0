"""One person, wherever they came from: a customer may be an alias of another."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import add_merges, isolate_by_shop, spare_published_rows
from mandegar.database.tables import instant

revision = "0006_pre_one_person"
down_revision = "0005_pre_steady"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_merges(op)
    _add_identity()
    spare_published_rows(op)


def _add_identity() -> None:
    """Who is who, and whose an event is that was sent under an alias."""
    op.create_index(
        "ix_customers_alias",
        "customers",
        ["shop", "customer_id"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.add_column("events", sa.Column("received_by", sa.Text))
    op.create_index(
        "ix_events_received_by",
        "events",
        ["shop", "received_by", "time", "event_id"],
        postgresql_where=sa.text("received_by IS NOT NULL"),
    )
    op.create_table(
        "account_addresses",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shop", "guest_id", "customer_id")),
        sa.PrimaryKeyConstraint("shop", "guest_id", "customer_id", name="pk_account_addresses"),
    )
    op.create_table(
        "browser_customers",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shop", "browser_id")),
        instant("at"),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "browser_id", "at", name="pk_browser_customers"),
    )
    for table in ("account_addresses", "browser_customers"):
        isolate_by_shop(op, "ingest", table)
        op.execute(f"REVOKE ALL ON {table} FROM ingest_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
