"""Guards against people: audit, narrower rights of the serving roles, and limits per shop."""

from alembic import op

from mandegar.database.guards import AUDIT_RIGHTS, add_guards, set_rights
from mandegar.documents.tables import allow_withdrawal
from mandegar.events.topics import NOTIFY_EVENTS
from notify.journeys.document import JOURNEYS

revision = "0004_pre_guards"
down_revision = "0003_pre_journeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_guards(op, "notify", topics=(NOTIFY_EVENTS,))
    allow_withdrawal(op, "notify", JOURNEYS)
    # What routes use.
    set_rights(
        op,
        "notify_web",
        {
            "audit": AUDIT_RIGHTS,
            "customers": "SELECT, UPDATE (own_consents)",
            "journeys": "SELECT, INSERT, UPDATE (withdrawn_at)",
            "outbox": "INSERT (topic, hash, key, value)",
            "sends": "SELECT",
            "shops": "SELECT",
        },
    )


def downgrade() -> None:
    raise NotImplementedError("the rows of the audit would be lost: restore a backup to go back before this release")
