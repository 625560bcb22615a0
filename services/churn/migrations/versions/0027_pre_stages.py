"""Lifecycle and stage of each customer that were published last, and how many customers each has.

Whoever is there already has neither until they are settled next, which the new built-in segments make due: nothing is
published of that. Whoever comes from now on begins in ``awareness``. Counted are stages, and ``new`` and ``won_back``:
the other lifecycles are bands, or what is left of those who are healthy. Nobody is counted in ``awareness``, so that a
visitor costs no row.
"""

from alembic import op

revision = "0027_pre_stages"
down_revision = "0026_pre_dimensions"
branch_labels = None
depends_on = None

_COUNTED = {
    "lifecycle": "('new', 'won_back')",
    "stage": "('consideration', 'decision', 'service', 'loyalty', 'advocacy')",
}
_CAN_BE_IN_A_SEGMENT = "({row}merged_into IS NULL AND {row}erased_at IS NULL AND {row}backfill_until IS NULL)"
_COUNT = """
    INSERT INTO count_changes (shop, counted, customers)
    SELECT shop, band, {sign}count(*) FROM {rows} WHERE band IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT shop, 'all', {sign}count(*) FROM {rows} WHERE {counts} GROUP BY 1
    UNION ALL
    SELECT shop, lifecycle, {sign}count(*) FROM {rows} WHERE lifecycle IN {lifecycle} GROUP BY 1, 2
    UNION ALL
    SELECT shop, stage, {sign}count(*) FROM {rows} WHERE stage IN {stage} GROUP BY 1, 2
"""
_ADDED, _REMOVED = (
    _COUNT.format(sign=sign, rows=rows, counts=_CAN_BE_IN_A_SEGMENT.format(row=""), **_COUNTED)
    for sign, rows in (("", "added"), ("-", "removed"))
)
_COUNT_ROWS = f"""
CREATE OR REPLACE FUNCTION count_customers() RETURNS trigger LANGUAGE plpgsql AS $$
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
_MOVE = """
    IF OLD.{column} IS DISTINCT FROM NEW.{column} THEN
        IF OLD.{column} {counts} THEN
            INSERT INTO count_changes (shop, counted, customers) VALUES (OLD.shop, OLD.{column}, -1);
        END IF;
        IF NEW.{column} {counts} THEN
            INSERT INTO count_changes (shop, counted, customers) VALUES (NEW.shop, NEW.{column}, 1);
        END IF;
    END IF;
"""
_MOVES = _MOVE.format(column="band", counts="IS NOT NULL") + "".join(
    _MOVE.format(column=column, counts=f"IN {words}") for column, words in _COUNTED.items()
)
_COUNT_CHANGE = f"""
CREATE OR REPLACE FUNCTION count_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_MOVES}
    IF {_WAS} <> {_IS} THEN
        INSERT INTO count_changes (shop, counted, customers)
        VALUES (NEW.shop, 'all', CASE WHEN {_IS} THEN 1 ELSE -1 END);
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608  constants


def upgrade() -> None:
    for column in _COUNTED:
        op.execute(f"ALTER TABLE customers ADD COLUMN {column} text")
    # Behind the column, so that the rows that are there keep null.
    op.execute("ALTER TABLE customers ALTER COLUMN stage SET DEFAULT 'awareness'")
    op.execute("COMMENT ON COLUMN customers.stage IS 'null: of a release that had none'")
    op.execute("ALTER TABLE customers ADD COLUMN stage_version bigint NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE customers ADD COLUMN won_back_at timestamptz")
    op.execute(_COUNT_ROWS)
    op.execute(_COUNT_CHANGE)
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in ("band", *_COUNTED))
    op.execute(
        "CREATE OR REPLACE TRIGGER count_update AFTER UPDATE ON customers FOR EACH ROW"
        f" WHEN ({changed} OR {_WAS} <> {_IS}) EXECUTE FUNCTION count_customer()"
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
