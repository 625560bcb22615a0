"""Until when the tier is held that a customer was warned of losing."""

import sqlalchemy as sa
from alembic import op

revision = "0017_pre_at_risk"
down_revision = "0016_pre_coupons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("at_risk_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    raise NotImplementedError("who was warned would be forgotten: restore a backup to go back")
