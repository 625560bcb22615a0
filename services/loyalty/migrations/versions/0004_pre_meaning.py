"""What people are told is right: versions of programmes that nobody has used, and the zones that a shop has had."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0004_pre_meaning"
down_revision = "0003_pre_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The customers of a version in force are recomputed when it is withdrawn.
    op.execute("GRANT UPDATE (recomputed_to, recomputed_at) ON programmes TO loyalty_web")
    op.create_table(
        "shop_zones",
        sa.Column("shop", sa.Text),
        sa.Column("version", sa.BigInteger),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "version", name="pk_shop_zones"),
    )
    isolate_by_shop(op, "loyalty", "shop_zones")
    op.execute("REVOKE ALL ON shop_zones FROM loyalty_web")
    op.execute("GRANT SELECT ON shop_zones TO loyalty_web")
    op.execute("INSERT INTO shop_zones (shop, version, zone, since) SELECT shop, version, zone, now() FROM shops")
    op.execute("CREATE INDEX ix_entries_posted ON entries USING brin (posted_at)")


def downgrade() -> None:
    raise NotImplementedError("the zones that shops have had would be lost: restore a backup to go back")
