"""Answers of customers to surveys, and what they count for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.migrations import isolate_by_shop

revision = "0018_pre_satisfaction"
down_revision = "0017_pre_timelines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_answers",
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False, comment="by whose days kpi_sums and kpi_changes have the answers"),
        sa.Column("answers", JSONB, nullable=False, comment="domain/satisfaction.py"),
        sa.PrimaryKeyConstraint("shop", "customer_id", name="pk_survey_answers"),
    )
    op.create_index("ix_survey_answers_zone", "survey_answers", ["shop", "zone"])
    isolate_by_shop(op, "churn", "survey_answers")
    op.execute("REVOKE ALL ON survey_answers FROM churn_web")
    op.execute("GRANT SELECT ON survey_answers TO churn_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
