"""The histories of customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read, isolate_by_shop

revision = "0017_pre_timelines"
down_revision = "0016_pre_value_list"
branch_labels = None
depends_on = None

_READ_TIMELINE = ShopRead(
    "read_timeline",
    {
        "of_customer": "text",
        "kinds": "smallint[]",
        "since": "timestamptz",
        "before": "timestamptz",
        "before_id": "uuid",
        "most": "integer",
    },
    {
        "root": "text",
        "zone_of_shop": "text",
        "entry_id": "uuid",
        "kind": "smallint",
        "at": "timestamptz",
        "type": "text",
        "data": "jsonb",
    },
    """
    SELECT r.root, s.zone, e.entry_id, e.kind, e.at, e.type, e.data
    FROM (VALUES (true)) w(one)
        LEFT JOIN LATERAL (SELECT * FROM customers
            WHERE shop = of_shop AND customer_id = of_customer AND erased_at IS NULL LIMIT 1) c ON true
        LEFT JOIN LATERAL (SELECT * FROM timelines
            WHERE shop = of_shop AND customer_id = of_customer LIMIT 1) t ON true
        CROSS JOIN LATERAL (SELECT coalesce(c.merged_into, c.customer_id, t.customer_id)) r(root)
        LEFT JOIN LATERAL (SELECT * FROM shops WHERE shop = of_shop LIMIT 1) s ON true
        LEFT JOIN LATERAL (
            SELECT n.* FROM unnest(kinds) AS k(kind) CROSS JOIN LATERAL (
                SELECT * FROM timeline_entries
                WHERE shop = of_shop AND customer_id = r.root AND kind = k.kind
                    AND at >= since AND (at, entry_id) < (before, before_id)
                ORDER BY at DESC, entry_id DESC LIMIT most) n
            ORDER BY n.at DESC, n.entry_id DESC LIMIT most) e ON true
    WHERE r.root IS NOT NULL
    ORDER BY e.at DESC, e.entry_id DESC
    """,
)


def upgrade() -> None:
    op.create_table(
        "timelines",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("shop", "customer_id", name="pk_timelines"),
    )
    op.create_table(
        "timeline_entries",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False, comment="below 1: kept and not shown"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("shop", "customer_id", "entry_id", name="pk_timeline_entries"),
    )
    op.create_index("ix_timeline_entries_newest", "timeline_entries", ["shop", "customer_id", "kind", "at", "entry_id"])
    for table in ("timelines", "timeline_entries"):
        isolate_by_shop(op, "churn", table)
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM churn_web")
    op.execute("ALTER TABLE timelines SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)")
    create_shop_read(op, "churn", _READ_TIMELINE)


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
