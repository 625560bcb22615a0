"""Every table of loyalty. Migrations build the same; a test compares the two."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from mandegar.database.tables import customers_table, instant, new_metadata, standard_tables

metadata = new_metadata()
standard_tables(metadata)

_POINTS = ("available", "pending", "held", "debt", "lifetime", "version")

# ``version`` counts what was published of the customer, ``settled_at`` is the instant up to which the ledger is
# written; history is still coming in until ``backfill_until``; ``warned`` holds the expiries of which they were warned.
customers = customers_table(
    metadata,
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in _POINTS),
    Column("tier", Text),
    instant("tier_until", nullable=True),
    Column("announced_tier", Text),
    Column("next_expiry_points", BigInteger),
    instant("next_expiry_at", nullable=True),
    instant("settled_at", nullable=True),
    instant("backfill_until", nullable=True),
    Column("warned", ARRAY(DateTime(timezone=True)), nullable=False, server_default="{}"),
)
Index(
    "ix_customers_backfill",
    customers.c.shop,
    customers.c.partition,
    postgresql_where=text("backfill_until IS NOT NULL"),
)

# The facts of an order and the sums posted for its lot, both as JSON arrays (``account/packing.py``).
orders = Table(
    "orders",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("lot_id", Uuid, nullable=False),
    Column("facts", Text, nullable=False),
    Column("posted", Text, nullable=False),
)

# The ledger. No role that serves may change or delete a row. ``cause`` is the event whose effect an entry is (null:
# time alone), ``triggered_by`` the event whose arrival made us post it (null: the timer).
entries = Table(
    "entries",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("shop", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("lot_id", Uuid, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("cause", Uuid),
    Column("triggered_by", Uuid),
    Column("programme_version", Integer),
    instant("effective_at"),
    instant("posted_at"),
    UniqueConstraint("shop", "customer_id", "version"),
)

# A version has reached the customers of its shop up to ``recomputed_to``, and since ``recomputed_at`` all of them.
programmes = Table(
    "programmes",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    instant("effective_from"),
    Column("document", Text, nullable=False),
    instant("created_at"),
    Column("recomputed_to", Text, nullable=False, server_default=""),
    instant("recomputed_at", nullable=True),
    UniqueConstraint("shop", "effective_from"),
)
