"""The worker may keep the last day with entries that do not have it, once, and change nothing else of them."""

import sqlalchemy as sa
from alembic import op

revision = "0022_pre_last_days"
down_revision = "0021_pre_books"
branch_labels = None
depends_on = None

# Policies are alternatives: that of the fill lets through what that of erasures would not. So a trigger permits either
# the fill, of a row that stays as it is otherwise, or what an erasure leaves, whose last day stays.
_NOTHING_ELSE = """
CREATE FUNCTION only_last_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of the ledger does not change' USING ERRCODE = 'insufficient_privilege';
END $$
"""
_WITHOUT_PERSON = (
    "starts_with(NEW.customer_id, 'erased:') AND NEW.order_id = ''"
    " AND num_nonnulls(NEW.cause, NEW.triggered_by, NEW.earned_as) = 0"
)
_IDENTITY = ("entry_id", "customer_id", "lot_id", "order_id", "cause", "triggered_by", "earned_as")


def upgrade() -> None:
    op.create_index(
        "ix_entries_unfilled",
        "entries",
        ["shop", "customer_id"],
        postgresql_where=sa.text("last_day IS NULL AND NOT starts_with(customer_id, 'erased:')"),
    )
    op.execute(_NOTHING_ELSE)
    op.execute("REVOKE ALL ON FUNCTION only_last_day FROM PUBLIC")
    old, new = (", ".join(f"{row}.{column}" for column in _IDENTITY) for row in ("OLD", "NEW"))
    op.execute(
        "CREATE TRIGGER only_last_day BEFORE UPDATE ON entries FOR EACH ROW"
        f" WHEN (NOT (OLD.last_day IS NULL AND ({new}) IS NOT DISTINCT FROM ({old})"
        f" OR NEW.last_day IS NOT DISTINCT FROM OLD.last_day AND {_WITHOUT_PERSON}))"
        " EXECUTE FUNCTION only_last_day()"
    )
    op.execute(
        "CREATE POLICY worker_keeps_last_days ON entries FOR UPDATE TO loyalty_worker"
        " USING (last_day IS NULL) WITH CHECK (last_day IS NOT NULL)"
    )
    op.execute("GRANT UPDATE (last_day) ON entries TO loyalty_worker")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
