"""Snapshots of what the customers of each segment count for."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0028_pre_segment_snapshots"
down_revision = "0027_pre_stages"
branch_labels = None
depends_on = None

_SUMS_KEY = {
    **dict.fromkeys(("shop", "segment", "calendar", "kind"), sa.Text),
    **dict.fromkeys(("one", "other"), sa.Integer),
}


def upgrade() -> None:
    op.create_table(
        "segment_snapshots",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("claim", sa.Uuid, nullable=False, comment="of the process that took it last, or takes the next one"),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("generation", sa.BigInteger, comment="of the shop's segments; null: none was taken yet"),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("shop", name="pk_segment_snapshots"),
    )
    op.create_table(
        "segment_snapshot_parts",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("members", sa.BigInteger, nullable=False),
        sa.Column("customers", sa.BigInteger, nullable=False, comment="members with an order that counts"),
        sa.Column("fingerprint", sa.BigInteger, nullable=False, comment="of members and their turnovers"),
        sa.PrimaryKeyConstraint("shop", "segment", name="pk_segment_snapshot_parts"),
    )
    op.create_table(
        "segment_snapshot_sums",
        *(sa.Column(column, type_, nullable=False, autoincrement=False) for column, type_ in _SUMS_KEY.items()),
        sa.Column("customers", sa.BigInteger, nullable=False),
        sa.Column("orders", sa.BigInteger, nullable=False),
        sa.Column("revenue", sa.Numeric, nullable=False, comment="ten-thousandths of the currency's unit"),
        sa.Column(
            "again", sa.BigInteger, nullable=False, comment="customers with two orders or more by the month's end"
        ),
        sa.PrimaryKeyConstraint(*_SUMS_KEY, name="pk_segment_snapshot_sums"),
    )
    for name in ("segment_snapshots", "segment_snapshot_parts", "segment_snapshot_sums"):
        isolate_by_shop(op, "churn", name)
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM churn_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
