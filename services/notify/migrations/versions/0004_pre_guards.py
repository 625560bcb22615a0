"""Guards against people: audit, narrower rights of the serving roles, and limits per shop."""

from alembic import op

from mandegar.database.guards import add_guards

revision = "0004_pre_guards"
down_revision = "0003_pre_journeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_guards(op, "notify")


def downgrade() -> None:
    raise NotImplementedError("the rows of the audit would be lost: restore a backup to go back before this release")
