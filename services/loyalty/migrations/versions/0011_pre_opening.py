"""What a club that moves in brings along: changes of the cut-off, and an index of the lots that were brought along."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0011_pre_opening"
down_revision = "0010_pre_points_from"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cutoffs",
        sa.Column("shop", sa.Text),
        sa.Column("changed_in", sa.BigInteger, nullable=False),
        sa.Column("recomputed_to", sa.Text, nullable=False, server_default=""),
        sa.Column("recomputed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("shop", name="pk_cutoffs"),
    )
    isolate_by_shop(op, "loyalty", "cutoffs")
    op.execute("REVOKE ALL ON cutoffs FROM loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("what was brought along would be forgotten: restore a backup to go back")
