"""Guards against people: audit, narrower rights of the serving roles, and limits per shop."""

from alembic import op

from mandegar.database.guards import add_guards

revision = "0003_pre_guards"
down_revision = "0002_pre_inbox_by_id"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_guards(op, "loyalty")


def downgrade() -> None:
    raise NotImplementedError("the rows of the audit would be lost: restore a backup to go back before this release")
