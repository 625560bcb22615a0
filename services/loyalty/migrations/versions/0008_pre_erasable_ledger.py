"""The worker may take entries of erased customers out of the ledger, or the person out of these entries."""

from alembic import op

revision = "0008_pre_erasable_ledger"
down_revision = "0007_pre_erasure"
branch_labels = None
depends_on = None

_OF_ERASED = """
    EXISTS (
        SELECT FROM customers c
        WHERE c.shop = entries.shop AND c.customer_id = entries.customer_id AND c.erased_at IS NOT NULL)
"""
_WITHOUT_PERSON = """
    starts_with(customer_id, 'erased:') AND order_id = '' AND num_nonnulls(cause, triggered_by, earned_as) = 0
"""


def upgrade() -> None:
    op.execute("DROP POLICY worker ON entries")
    op.execute("CREATE POLICY worker_reads ON entries FOR SELECT TO loyalty_worker USING (true)")
    op.execute("CREATE POLICY worker_adds ON entries FOR INSERT TO loyalty_worker WITH CHECK (true)")
    op.execute(f"CREATE POLICY worker_erases ON entries FOR DELETE TO loyalty_worker USING ({_OF_ERASED})")
    op.execute(
        "CREATE POLICY worker_leaves_amounts ON entries FOR UPDATE TO loyalty_worker"
        f" USING ({_OF_ERASED}) WITH CHECK ({_WITHOUT_PERSON})"
    )
    # Neither shop, amount, kind nor instant.
    op.execute(
        "GRANT DELETE, UPDATE (entry_id, customer_id, lot_id, order_id, cause, triggered_by, earned_as)"
        " ON entries TO loyalty_worker"
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
