"""How versions fared, week by week."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import isolate_by_shop

revision = "0013_pre_calibrations"
down_revision = "0012_pre_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("bands", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("shop", "day", name="pk_calibrations"),
    )
    isolate_by_shop(op, "churn", "calibrations")
    op.execute("REVOKE ALL ON calibrations FROM churn_web")
    op.execute("GRANT SELECT ON calibrations TO churn_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
