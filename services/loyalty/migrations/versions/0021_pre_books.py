"""The books of a shop: each statement that posts entries adds what it posts, by day, kind and last day of the points.

Triggers count, so that no way into the ledger is left out: batches, commands, a rebuild, a shop that moves in. They
append rows and lock none; ``books`` adds these up afterwards. What is in the ledger already is counted here.
"""

import sqlalchemy as sa
from alembic import op

from mandegar.database.migrations import isolate_by_shop, reaching_every_shop

revision = "0021_pre_books"
down_revision = "0020_pre_till_codes"
branch_labels = None
depends_on = None

# The day is that of the zone in which the shop was when the entry was posted. Rows are summed before that is looked up.
_COUNT = """
    INSERT INTO book_changes (shop, booked_on, last_day, kind, bucket, points, entries)
    SELECT c.shop, (c.posted_at AT TIME ZONE coalesce(
            (SELECT s.zone FROM shop_zones s WHERE s.shop = c.shop AND s.since <= c.posted_at
                ORDER BY s.version DESC LIMIT 1),
            (SELECT s.zone FROM shop_zones s WHERE s.shop = c.shop ORDER BY s.version LIMIT 1),
            (SELECT s.zone FROM shops s WHERE s.shop = c.shop), 'UTC'))::date AS booked_on,
        coalesce(c.last_day, date '0001-01-01'), c.kind, c.bucket, sum(c.points), sum(c.entries)
    FROM ({changed}) AS c GROUP BY 1, 2, 3, 4, 5 HAVING sum(c.entries) <> 0 OR sum(c.points) <> 0
"""
_SUMMED = """
    SELECT shop, posted_at, last_day, kind, bucket, {sign}sum(points) AS points, {sign}count(*) AS entries
    FROM {rows} GROUP BY 1, 2, 3, 4, 5
"""
_ADDED = _SUMMED.format(sign="", rows="added")
_REMOVED = _SUMMED.format(sign="-", rows="removed")
_FUNCTION = f"""
CREATE FUNCTION book_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {_COUNT.format(changed=_ADDED)};
    ELSIF TG_OP = 'DELETE' THEN
        {_COUNT.format(changed=_REMOVED)};
    ELSE
        {_COUNT.format(changed=f"{_ADDED} UNION ALL {_REMOVED}")};
    END IF;
    RETURN NULL;
END $$
"""
_TABLES = {"INSERT": "NEW TABLE AS added", "DELETE": "OLD TABLE AS removed"}
_TABLES["UPDATE"] = " ".join(_TABLES.values())


def upgrade() -> None:
    op.add_column("entries", sa.Column("last_day", sa.Date))
    for name, days in (
        ("book_changes", ("booked_on", "last_day")),
        ("book_days", ("booked_on",)),
        ("book_lots", ("last_day",)),
    ):
        key = sa.PrimaryKeyConstraint("shop", *days, "kind", "bucket", name=f"pk_{name}")
        op.create_table(
            name,
            sa.Column("shop", sa.Text, nullable=False),
            *(sa.Column(day, sa.Date, nullable=False) for day in days),
            *(sa.Column(column, sa.Text, nullable=False) for column in ("kind", "bucket")),
            sa.Column("points", sa.Numeric, nullable=False),
            sa.Column("entries", sa.BigInteger, nullable=False),
            *(() if name == "book_changes" else (key,)),
        )
    op.create_index("ix_book_changes_shop", "book_changes", ["shop"])
    op.execute("ALTER TABLE book_changes SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)")
    op.create_index(
        "ix_entries_erased", "entries", ["shop"], postgresql_where=sa.text("starts_with(customer_id, 'erased:')")
    )
    op.execute(_FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION book_entries FROM PUBLIC")
    for verb, tables in _TABLES.items():
        op.execute(
            f"CREATE TRIGGER book_{verb.lower()} AFTER {verb} ON entries REFERENCING {tables}"
            " FOR EACH STATEMENT EXECUTE FUNCTION book_entries()"
        )
    with reaching_every_shop(op, "entries", "shop_zones", "shops"):
        op.execute(_COUNT.format(changed=_SUMMED.format(sign="", rows="entries")))
    for name in ("book_changes", "book_days", "book_lots"):
        isolate_by_shop(op, "loyalty", name)
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM loyalty_web")


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
