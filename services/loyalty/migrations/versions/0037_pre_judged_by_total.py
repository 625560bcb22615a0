"""Have every account computed once more: a refund may have given an order what a cap or another rule kept from it."""

from alembic import op

from mandegar.database.migrations import reaching_every_shop

revision = "0037_pre_judged_by_total"
down_revision = "0036_pre_crowded_draws"
branch_labels = None
depends_on = None

# As a change of the cut-off does it: page by page, behind the stream.
_EVERY_SHOP = """
    INSERT INTO cutoffs (shop, changed_in) SELECT shop, pg_current_xact_id()::text::bigint FROM shops
    ON CONFLICT (shop) DO UPDATE SET
        (changed_in, recomputed_to, recomputed_at) = (excluded.changed_in, '', NULL)
"""


def upgrade() -> None:
    with reaching_every_shop(op, "cutoffs", "shops"):
        op.execute(_EVERY_SHOP)


def downgrade() -> None:
    """What was corrected is right under the older release, too, until its next event."""
