"""Draws that were held."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0029_pre_draws"
down_revision = "0028_pre_referrals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draws",
        sa.Column("shop", sa.Text),
        sa.Column("draw", sa.Text),
        sa.Column("programme_version", sa.BigInteger, nullable=False),
        sa.Column("seed_hash", sa.Text, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("begins_at", "ends_at", "held_at")),
        sa.Column("entrants", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("winners", sa.ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("shop", "draw", name="pk_draws"),
    )
    isolate_by_shop(op, "loyalty", "draws")
    op.execute("REVOKE ALL ON draws FROM loyalty_web")
    op.execute("GRANT SELECT ON draws TO loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("what was drawn would be lost: restore a backup to go back before this release")
