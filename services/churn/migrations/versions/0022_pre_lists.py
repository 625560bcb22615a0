"""How many customers each band has, which of them have changed since a transaction, and an index to sample them by.

Triggers count and note, so that no way into the rows is left out: batches, the timer, merges, erasures, a rebuild, a
shop that moves in. They append rows and lock none; ``counts`` adds these up afterwards. Who is there already is counted
here.
"""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop, reaching_every_shop

revision = "0022_pre_lists"
down_revision = "0021_pre_credit_seen"
branch_labels = None
depends_on = None

_XID = "(pg_current_xact_id()::text)::bigint"
_NOTE = f"""
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := {_XID};
    RETURN NEW;
END $$
"""
_SHOWN = ("band", "band_since", "value_at_risk", "merged_into", "erased_at")

_CAN_BE_IN_A_SEGMENT = "({row}merged_into IS NULL AND {row}erased_at IS NULL AND {row}backfill_until IS NULL)"
_COUNT = """
    INSERT INTO count_changes (shop, counted, customers)
    SELECT shop, band, {sign}count(*) FROM {rows} WHERE band IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT shop, 'all', {sign}count(*) FROM {rows} WHERE {counts} GROUP BY 1
"""
_ADDED, _REMOVED, _EXISTING = (
    _COUNT.format(sign=sign, rows=rows, counts=_CAN_BE_IN_A_SEGMENT.format(row=""))
    for sign, rows in (("", "added"), ("-", "removed"), ("", "customers"))
)
_COUNT_ROWS = f"""
CREATE FUNCTION count_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {_ADDED};
    ELSE
        {_REMOVED};
    END IF;
    RETURN NULL;
END $$
"""
_WAS, _IS = (_CAN_BE_IN_A_SEGMENT.format(row=row) for row in ("OLD.", "NEW."))
# Single rows, because a statement that sums them takes longer than they do.
_COUNT_CHANGE = f"""
CREATE FUNCTION count_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.band IS DISTINCT FROM NEW.band THEN
        IF OLD.band IS NOT NULL THEN
            INSERT INTO count_changes (shop, counted, customers) VALUES (OLD.shop, OLD.band, -1);
        END IF;
        IF NEW.band IS NOT NULL THEN
            INSERT INTO count_changes (shop, counted, customers) VALUES (NEW.shop, NEW.band, 1);
        END IF;
    END IF;
    IF {_WAS} <> {_IS} THEN
        INSERT INTO count_changes (shop, counted, customers)
        VALUES (NEW.shop, 'all', CASE WHEN {_IS} THEN 1 ELSE -1 END);
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608  constants


def upgrade() -> None:
    for name in ("count_changes", "count_sums"):
        op.create_table(
            name,
            sa.Column("shop", sa.Text, nullable=False),
            sa.Column("counted", sa.Text, nullable=False),
            sa.Column("customers", sa.BigInteger, nullable=False),
            *((sa.PrimaryKeyConstraint("shop", "counted", name=f"pk_{name}"),) if name == "count_sums" else ()),
        )
    op.create_index("ix_count_changes_shop", "count_changes", ["shop"])
    op.execute(
        "ALTER TABLE count_changes SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)"
    )
    _note_changes()
    _mark_changes()
    op.execute(_COUNT_ROWS)
    op.execute(_COUNT_CHANGE)
    op.execute("REVOKE ALL ON FUNCTION count_customers, count_customer FROM PUBLIC")
    for verb, rows in (("INSERT", "NEW TABLE AS added"), ("DELETE", "OLD TABLE AS removed")):
        op.execute(
            f"CREATE TRIGGER count_{verb.lower()} AFTER {verb} ON customers REFERENCING {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION count_customers()"
        )
    op.execute(
        "CREATE TRIGGER count_update AFTER UPDATE ON customers FOR EACH ROW"
        f" WHEN (OLD.band IS DISTINCT FROM NEW.band OR {_WAS} <> {_IS}) EXECUTE FUNCTION count_customer()"
    )
    with reaching_every_shop(op, "customers"):
        op.execute(_EXISTING)
    for name in ("count_changes", "count_sums"):
        isolate_by_shop(op, "churn", name)
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM churn_web")
    op.execute(
        "CREATE INDEX ix_customers_sampled ON customers (shop, hashtextextended(customer_id, 0))"
        " WHERE hashtextextended(customer_id, 0) & 31 = 0"
    )


def _mark_changes() -> None:
    """Create the table of instants, each with the first transaction that came after it."""
    op.create_table(
        "change_marks",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_after", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("at", name="pk_change_marks"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON change_marks TO churn_worker")
    op.execute("GRANT SELECT ON change_marks TO churn_web")


def _note_changes() -> None:
    """Add to customers and cards the transaction in which what a list shows of them has changed; 0: before this.

    The column comes first, although the other index and the count do not need it: they would begin with a lock that
    keeps writers out alone, and this waits for a transaction that has read customers, which waits for that to write.
    """
    op.execute("ALTER TABLE customers ADD COLUMN changed_in bigint NOT NULL DEFAULT 0")
    op.execute(f"ALTER TABLE customers ALTER COLUMN changed_in SET DEFAULT {_XID}")
    op.execute("ALTER TABLE cards ADD COLUMN changed_in bigint")
    op.execute(_NOTE)
    op.execute("REVOKE ALL ON FUNCTION note_change FROM PUBLIC")
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _SHOWN)
    for name, when in (
        ("note_change BEFORE UPDATE ON customers", changed),
        ("note_tier BEFORE INSERT ON cards", "NEW.tier IS NOT NULL"),
        ("note_other_tier BEFORE UPDATE ON cards", "OLD.tier IS DISTINCT FROM NEW.tier"),
    ):
        op.execute(f"CREATE TRIGGER {name} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION note_change()")
    op.execute("CREATE INDEX ix_customers_changed ON customers (shop, changed_in, customer_id)")
    op.execute("CREATE INDEX ix_cards_changed ON cards (shop, changed_in, customer_id) WHERE changed_in IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
