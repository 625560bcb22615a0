"""Ids of what erased customers redeemed and were given: their keys make other ids from then on."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0035_pre_erased_commands"
down_revision = "0034_pre_store_credit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_commands",
        sa.Column("shop", sa.Text),
        sa.Column("command_id", sa.Uuid),
        sa.PrimaryKeyConstraint("shop", "command_id", name="pk_erased_commands"),
    )
    isolate_by_shop(op, "loyalty", "erased_commands")
    op.execute("REVOKE ALL ON erased_commands FROM loyalty_web")


def downgrade() -> None:
    op.drop_table("erased_commands")
