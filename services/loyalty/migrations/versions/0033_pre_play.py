"""Counters of phone numbers and ids that tills tried in vain, and when draws are due."""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop

revision = "0033_pre_play"
down_revision = "0032_pre_credit_seen"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_guesses",
        sa.Column("shop", sa.Text),
        sa.Column("key_id", sa.Text),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("shop", "key_id", name="pk_phone_guesses"),
    )
    op.create_table(
        "draw_dues",
        sa.Column("shop", sa.Text),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", name="pk_draw_dues"),
    )
    op.create_index("ix_draw_dues_next", "draw_dues", ["next_at"])
    for table in ("phone_guesses", "draw_dues"):
        isolate_by_shop(op, "loyalty", table)
        op.execute(f"REVOKE ALL ON {table} FROM loyalty_web")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO loyalty_web")


def downgrade() -> None:
    op.drop_table("draw_dues")
    op.drop_table("phone_guesses")
