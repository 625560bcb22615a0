"""The rules that give the points of an entry, whether an order was the first of its customer, words in programmes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from mandegar.database.migrations import isolate_by_shop

revision = "0015_pre_rules"
down_revision = "0014_pre_spending"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entries", sa.Column("rules", ARRAY(sa.Text)))
    op.add_column("orders", sa.Column("is_first", sa.Boolean))
    op.create_table(
        "programme_words",
        sa.Column("shop", sa.Text),
        sa.Column("word", sa.Text),
        sa.Column("published", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "word", name="pk_programme_words"),
    )
    isolate_by_shop(op, "loyalty", "programme_words")
    for role in ("loyalty_web", "loyalty_worker"):
        op.execute(f"REVOKE UPDATE, DELETE ON programme_words FROM {role}")


def downgrade() -> None:
    raise NotImplementedError("the ledger would no longer say by which rules points were earned: restore a backup")
