"""Guards against people: audit, narrower rights of the serving roles, and limits per shop."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.guards import AUDIT_RIGHTS, add_guards, set_rights
from mandegar.database.migrations import isolate_by_shop
from mandegar.events.topics import INGEST_CONTACTS, INGEST_EVENTS

revision = "0003_pre_guards"
down_revision = "0002_pre_inbox_by_id"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_guards(op, "ingest", topics=(INGEST_EVENTS, INGEST_CONTACTS))
    _add_limits()
    _add_browsers()
    # What routes use. The outbox is written by the worker alone.
    set_rights(
        op,
        "ingest_web",
        {
            "audit": AUDIT_RIGHTS,
            "customers": "SELECT",
            "events": "SELECT",
            "quarantine": "SELECT, UPDATE (state, resolved_at)",
            "shop_limits": "SELECT",
            "shops": "SELECT",
            "source_keys": "SELECT (prefix, source_id, shop, created_at, revoked_at), UPDATE (revoked_at),"
            " INSERT (prefix, source_id, shop, hash, created_at)",
            "sources": "SELECT, INSERT, UPDATE (unit, events_per_second, bytes_per_second, origins, visitor_proof,"
            " visitor_secrets)",
        },
    )


def _add_limits() -> None:
    """What a source and a shop may send and keep, and the index by which expired bodies are found."""
    op.add_column("sources", sa.Column("events_per_second", sa.Integer))
    op.add_column("sources", sa.Column("bytes_per_second", sa.Integer))
    op.add_column("sources", sa.Column("topic_ready", sa.Boolean, nullable=False, server_default="true"))
    op.create_index("ix_sources_without_topic", "sources", ["created_at"], postgresql_where=sa.text("NOT topic_ready"))
    op.create_table(
        "shop_limits",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("events_per_second", sa.Integer),
        sa.Column("bytes_per_second", sa.Integer),
        sa.Column("quarantine_events_max", sa.Integer),
        sa.Column("quarantine_bytes_max", sa.Integer),
        sa.Column("quarantine_days", sa.Integer),
        sa.Column("body_days", sa.Integer),
        sa.PrimaryKeyConstraint("shop", name="pk_shop_limits"),
    )
    isolate_by_shop(op, "ingest", "shop_limits")
    op.create_index("ix_events_body", "events", ["shop", "recorded_time"], postgresql_where=sa.text("body IS NOT NULL"))


def _add_browsers() -> None:
    """Which pages may use a browser source, and the proof of its visitors: off for sources that are there already."""
    op.execute(
        """
        ALTER TABLE sources
            ADD COLUMN origins text[] NOT NULL DEFAULT '{}',
            ADD COLUMN visitor_proof text NOT NULL DEFAULT 'off',
            ADD COLUMN visitor_secrets text[] NOT NULL DEFAULT '{}',
            ADD CONSTRAINT ck_sources_visitor_proof CHECK (visitor_proof IN ('required', 'off'))
        """
    )


def downgrade() -> None:
    raise NotImplementedError("the rows of the audit would be lost: restore a backup to go back before this release")
