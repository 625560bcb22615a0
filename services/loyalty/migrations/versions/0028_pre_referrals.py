"""Personal codes, referrals, and by what accounts are compared."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from mandegar.database.migrations import isolate_by_shop

revision = "0028_pre_referrals"
down_revision = "0027_pre_shadows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referral_codes",
        sa.Column("shop", sa.Text),
        sa.Column("code_id", sa.Text),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("seed", sa.Uuid, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "code_id", name="pk_referral_codes"),
    )
    op.create_index("ix_referral_codes_customer", "referral_codes", ["shop", "customer_id"])
    op.create_table(
        "referrals",
        sa.Column("shop", sa.Text),
        sa.Column("referral_id", sa.Uuid),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("code_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reasons", ARRAY(sa.Text), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("rewarded_at", sa.DateTime(timezone=True)),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.Text),
        sa.Column("decided_key", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("shop", "referral_id", name="pk_referrals"),
    )
    op.create_index("ix_referrals_customer", "referrals", ["shop", "customer_id"])
    op.create_index("ix_referrals_code", "referrals", ["shop", "code_id", "claimed_at"])
    op.create_index("ix_referrals_claimed_at", "referrals", ["shop", "claimed_at", "referral_id"])
    op.create_index(
        "ix_referrals_review",
        "referrals",
        ["shop", "claimed_at", "referral_id"],
        postgresql_where=sa.text("state = 'review'"),
    )
    op.create_table(
        "referral_marks",
        sa.Column("shop", sa.Text),
        sa.Column("customer_id", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("mark", sa.Text),
        sa.PrimaryKeyConstraint("shop", "customer_id", "kind", "mark", name="pk_referral_marks"),
    )
    op.create_index("ix_referral_marks_mark", "referral_marks", ["shop", "kind", "mark"])
    for table in ("referral_codes", "referrals", "referral_marks"):
        isolate_by_shop(op, "loyalty", table)
        op.execute(f"REVOKE ALL ON {table} FROM loyalty_web")
    op.execute("GRANT SELECT ON referral_codes, referrals TO loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("whose codes were used, and how, would be forgotten: restore a backup to go back")
