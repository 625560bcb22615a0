"""Guards against people: audit, narrower rights of the serving roles, and limits per shop."""

from alembic import op

from mandegar.database.guards import AUDIT_RIGHTS, add_guards, set_rights
from mandegar.events.topics import CHURN_EVENTS

revision = "0003_pre_guards"
down_revision = "0002_pre_inbox_by_id"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_guards(op, "churn", topics=(CHURN_EVENTS,))
    # What routes use: they change nothing of their own.
    set_rights(
        op,
        "churn_web",
        {
            "audit": AUDIT_RIGHTS,
            "cards": "SELECT",
            "customers": "SELECT",
            "models": "SELECT",
            "shops": "SELECT",
        },
    )


def downgrade() -> None:
    raise NotImplementedError("the rows of the audit would be lost: restore a backup to go back before this release")
