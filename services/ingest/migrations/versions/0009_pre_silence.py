"""How much each source sends in each hour, by which one that goes silent is noticed."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop
from mandegar.database.tables import instant

revision = "0009_pre_silence"
down_revision = "0008_pre_repairs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", instant("silent_since", nullable=True))
    op.create_table(
        "source_hours",
        sa.Column("source_id", sa.Text, nullable=False),
        instant("hour"),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "hour", name="pk_source_hours"),
    )
    op.create_index("ix_source_hours_hour", "source_hours", ["hour"])
    isolate_by_shop(op, "ingest", "source_hours")
    op.execute("REVOKE ALL ON source_hours FROM ingest_web")
    op.create_table(
        "rhythm",
        sa.Column("one", sa.Boolean, nullable=False),
        instant("counted_until"),
        sa.PrimaryKeyConstraint("one", name="pk_rhythm"),
        sa.CheckConstraint("one", name=op.f("ck_rhythm_one")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON rhythm TO ingest_worker")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back before this release")
