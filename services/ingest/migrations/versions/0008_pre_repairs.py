"""Events in quarantine by their cause, and repairs of all that have one cause."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop
from mandegar.database.tables import instant

revision = "0008_pre_repairs"
down_revision = "0007_pre_erasure"
branch_labels = None
depends_on = None

_GROUP = "md5(source_id || ' ' || code || ' ' || detail)::uuid"


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("record_of_orders", sa.Boolean))
    op.add_column("quarantine", sa.Column("group_id", sa.Uuid, sa.Computed(_GROUP, persisted=True)))
    op.create_index(
        "ix_quarantine_group",
        "quarantine",
        ["shop", "group_id", "received_at", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    _add_repairs()


def _add_repairs() -> None:
    op.create_table(
        "repairs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("group_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("steps", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="running"),
        *(
            sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
            for name in ("events", "tried", "accepted", "duplicates")
        ),
        sa.Column("remaining", sa.Text, nullable=False, server_default="{}"),
        instant("started_at"),
        instant("moved_at"),
        instant("finished_at", nullable=True),
        instant("tried_until", nullable=True),
        sa.Column("tried_until_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_repairs"),
        sa.CheckConstraint("state IN ('running', 'finished', 'stopped')", name=op.f("ck_repairs_state")),
    )
    running = {"postgresql_where": sa.text("state = 'running'")}
    op.create_index("uq_repairs_running", "repairs", ["shop", "group_id"], unique=True, **running)
    op.create_index("ix_repairs_running", "repairs", ["moved_at"], **running)
    op.create_index("ix_repairs_shop", "repairs", ["shop", "started_at", "id"])
    isolate_by_shop(op, "ingest", "repairs")
    op.execute("REVOKE ALL ON repairs FROM ingest_web")
    op.execute("GRANT SELECT ON repairs TO ingest_web")


def downgrade() -> None:
    raise NotImplementedError("the progress of repairs would be lost: restore a backup to go back before this release")
