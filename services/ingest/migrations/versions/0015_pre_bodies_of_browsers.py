"""Which events browsers sent: their bodies have an end."""

import sqlalchemy as sa
from alembic import op

revision = "0015_pre_bodies_of_browsers"
down_revision = "0014_pre_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("of_browser", sa.Boolean, nullable=False, server_default="false"))
    op.create_index(
        "ix_events_visit_body",
        "events",
        ["shop", "recorded_time"],
        postgresql_where=sa.text("body IS NOT NULL AND of_browser"),
    )


def downgrade() -> None:
    op.drop_index("ix_events_visit_body", "events")
    op.drop_column("events", "of_browser")
