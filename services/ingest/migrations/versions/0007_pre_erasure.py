"""Gone when they ask: a customer may be erased, and readmitted."""

from alembic import op

from mandegar.database.migrations import add_erasures

revision = "0007_pre_erasure"
down_revision = "0006_pre_one_person"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_erasures(op, "ingest")
    # By which an erasure finds what was published of a contact within the last days.
    op.execute("CREATE INDEX ix_outbox_published_contacts ON outbox_published (key) WHERE topic = 'ingest.contacts'")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
