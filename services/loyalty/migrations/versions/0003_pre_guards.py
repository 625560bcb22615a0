"""Guards against people: audit, narrower rights of the serving roles, and limits per shop."""

from alembic import op

from loyalty.programme.document import PROGRAMMES
from mandegar.database.guards import AUDIT_RIGHTS, add_guards, set_rights
from mandegar.documents.tables import allow_withdrawal
from mandegar.events.topics import LOYALTY_EVENTS

revision = "0003_pre_guards"
down_revision = "0002_pre_inbox_by_id"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_guards(op, "loyalty", topics=(LOYALTY_EVENTS,))
    allow_withdrawal(op, "loyalty", PROGRAMMES)
    # What routes use.
    set_rights(
        op,
        "loyalty_web",
        {
            "audit": AUDIT_RIGHTS,
            "customers": "SELECT",
            "entries": "SELECT",
            "orders": "SELECT",
            "outbox": "INSERT (topic, hash, key, value)",
            "programmes": "SELECT, INSERT, UPDATE (withdrawn_at)",
            "shops": "SELECT",
        },
    )


def downgrade() -> None:
    raise NotImplementedError("the rows of the audit would be lost: restore a backup to go back before this release")
