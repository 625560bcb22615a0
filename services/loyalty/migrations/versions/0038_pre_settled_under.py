"""Under which meaning of the computation of points the customers of each shop were settled last: see ``remembered``."""

import sqlalchemy as sa
from alembic import op

revision = "0038_pre_settled_under"
down_revision = "0037_pre_judged_by_total"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Workers of this release have every account of an older meaning settled anew when they start.
    op.add_column("cutoffs", sa.Column("meaning", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("cutoffs", "meaning")
