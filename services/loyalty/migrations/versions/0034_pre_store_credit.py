"""Credit that staff gives or takes, and that tills take with a code."""

import sqlalchemy as sa
from alembic import op

revision = "0034_pre_store_credit"
down_revision = "0033_pre_play"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("adjustments", sa.Column("credit", sa.BigInteger))
    op.add_column("till_codes", sa.Column("credit", sa.BigInteger))


def downgrade() -> None:
    raise NotImplementedError("what staff gave in credit would be lost: restore a backup to go back")
