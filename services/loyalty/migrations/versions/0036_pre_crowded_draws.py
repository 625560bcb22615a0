"""Which draws that are due had too many entrants when they were tried last: nobody counts them again to tell why."""

import sqlalchemy as sa
from alembic import op

revision = "0036_pre_crowded_draws"
down_revision = "0035_pre_erased_commands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draw_dues", sa.Column("crowded", sa.ARRAY(sa.Text), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("draw_dues", "crowded")
