"""Guards against people: audit, narrower rights of the serving roles, and limits per shop."""

from alembic import op

from mandegar.database.guards import AUDIT_RIGHTS, add_guards, set_rights
from mandegar.events.topics import INGEST_CONTACTS, INGEST_EVENTS

revision = "0003_pre_guards"
down_revision = "0002_pre_inbox_by_id"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_guards(op, "ingest", topics=(INGEST_EVENTS, INGEST_CONTACTS))
    # What routes use. The outbox is written by the worker alone.
    set_rights(
        op,
        "ingest_web",
        {
            "audit": AUDIT_RIGHTS,
            "customers": "SELECT",
            "events": "SELECT",
            "quarantine": "SELECT, UPDATE (state, resolved_at)",
            "shops": "SELECT",
            "source_keys": "SELECT (prefix, source_id, shop, created_at, revoked_at), UPDATE (revoked_at),"
            " INSERT (prefix, source_id, shop, hash, created_at)",
            "sources": "SELECT, INSERT, UPDATE (unit)",
        },
    )


def downgrade() -> None:
    raise NotImplementedError("the rows of the audit would be lost: restore a backup to go back before this release")
