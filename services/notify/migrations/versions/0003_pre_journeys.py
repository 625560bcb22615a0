"""Journeys per shop. Built-in journeys are version 0: sends that are not over yet move from version 1 to it."""

from alembic import op

from mandegar.documents.kind import DocumentKind
from mandegar.documents.tables import create_versions_table

revision = "0003_pre_journeys"
down_revision = "0002_pre_inbox_by_id"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_versions_table(op, "notify", DocumentKind("journey", "journeys"))
    op.execute("UPDATE sends SET journey_version = 0 WHERE state IN ('ready', 'sending', 'unknown')")


def downgrade() -> None:
    op.drop_table("journeys")
