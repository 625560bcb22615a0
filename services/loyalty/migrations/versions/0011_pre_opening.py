"""What a club that moves in brings along: changes of the cut-off, and indexes of what was brought along."""

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
    op.execute(
        r"CREATE INDEX ix_entries_brought ON entries (shop, customer_id, order_id) WHERE order_id LIKE E'lot\x1f%'"
    )
    op.execute(r"CREATE INDEX ix_orders_granted ON orders (shop, order_id) WHERE order_id LIKE E'tier\x1f%'")


def downgrade() -> None:
    raise NotImplementedError("what was brought along would be forgotten: restore a backup to go back")
