"""The catalogue of rewards, by version."""

from alembic import op

from loyalty.rewards.document import CATALOGUES
from mandegar.documents.tables import create_versions_table

revision = "0013_pre_rewards"
down_revision = "0012_pre_phones"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_versions_table(op, "loyalty", CATALOGUES)


def downgrade() -> None:
    raise NotImplementedError("catalogues would be lost: restore a backup to go back")
