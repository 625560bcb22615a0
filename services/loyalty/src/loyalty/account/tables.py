"""The tables of accounts: customers with their balance, orders as packed facts, and the ledger."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mandegar.database.customer_data import DELETED, of_customers, stays
from mandegar.database.tables import customers_table, instant

_POINTS = ("available", "pending", "held", "debt", "lifetime")


def account_tables(metadata: MetaData) -> None:
    """Add the tables of accounts."""
    _customers(metadata)
    _orders(metadata)
    _entries(metadata)
    # What was given out of the budgets of shops, in each of their periods (``number``; 0 without periods).
    Table(
        "budgets",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "budget", "per")),
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("used", BigInteger, nullable=False),
    )


def _customers(metadata: MetaData) -> None:
    """``version`` counts what was published about the customer, ``settled_at`` is the instant up to which the ledger is
    written. History is still coming in until ``backfill_until``. ``warned`` holds the expiries that were announced,
    ``at_risk_until`` the end of the tier.
    ``remembered`` is a JSON array (``account/packing.py``); null: the account is walked from the beginning. So is
    ``credit``, the balance in money, in thousandths of the currency; null: there never was any.
    """
    customers = customers_table(
        metadata,
        *(Column(name, BigInteger, nullable=False, server_default="0") for name in _POINTS),
        Column(
            "version", BigInteger, nullable=False, server_default="0", info=stays("readmitted customers go on above it")
        ),
        Column("tier", Text),
        instant("tier_until", nullable=True),
        Column("announced_tier", Text),
        Column("next_expiry_points", BigInteger),
        instant("next_expiry_at", nullable=True),
        instant("settled_at", nullable=True),
        instant("backfill_until", nullable=True),
        Column("warned", ARRAY(DateTime(timezone=True)), nullable=False, server_default="{}"),
        instant("at_risk_until", nullable=True),
        Column("remembered", Text),
        Column("credit", Text),
    )
    Index(
        "ix_customers_backfill",
        customers.c.shop,
        customers.c.partition,
        postgresql_where=text("backfill_until IS NOT NULL"),
    )


def _orders(metadata: MetaData) -> None:
    """The facts of an order and the sums posted for its lot are JSON arrays (``account/packing.py``).

    What was brought along has rows of its own, whose ids no order has (``domain/opening.py``).

    The other columns are what is remembered of it (``domain/remembered.py``): instants in microseconds, as facts have
    them, and the net in billionths. They are null, and in no index, while the account has few orders.
    """
    orders = Table(
        "orders",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("order_id", Text, primary_key=True),
        Column("lot_id", Uuid, nullable=False),
        Column("facts", Text, nullable=False),
        Column("posted", Text, nullable=False),
        *(Column(name, BigInteger) for name in ("earned_at", "changed_at", "next_at", "expires_at")),
        Column("net", Numeric),
        Column("tier", SmallInteger),
        Column("pending", BigInteger),
        Column("available", BigInteger),
        Column("held", BigInteger),
        Column("is_first", Boolean),
        info=of_customers(
            merge="their facts go to the root's order of the same id; emptied rows stay", erase=DELETED, export="orders"
        ),
    )
    Index("ix_orders_granted", orders.c.shop, orders.c.order_id, postgresql_where=text(r"order_id LIKE E'tier\x1f%'"))
    of_customer = (orders.c.shop, orders.c.customer_id)
    Index(
        "ix_orders_earned_at",
        *of_customer,
        orders.c.earned_at,
        orders.c.lot_id,
        postgresql_where=text("earned_at IS NOT NULL"),
    )
    Index(
        "ix_orders_spendable",
        *of_customer,
        orders.c.earned_at,
        orders.c.lot_id,
        postgresql_where=text("available > 0 AND expires_at IS NULL"),
    )
    for name in ("changed_at", "next_at", "expires_at"):
        Index(f"ix_orders_{name}", *of_customer, orders.c[name], postgresql_where=text(f"{name} IS NOT NULL"))


def _entries(metadata: MetaData) -> None:
    """The ledger; no serving role may change or delete a row, but the worker those of the erased (migration 0008).

    ``cause`` is the event whose effect an entry is (null: time alone), ``triggered_by`` the event on whose arrival it
    was posted (null: the timer). ``earned_as`` is the alias under which the points of the order were earned (null:
    none, or a later correction). ``rules`` are those of the programme by whose points it changes an order (null: the
    programme has one rate). ``last_day`` is the one on which the points of the lot can be used (9999-12-31: they do not
    expire; null: of an entry from before the column, or that a rebuild restored, until ``books`` fills it).
    """
    Table(
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
        Column("earned_as", Text),
        Column("rules", ARRAY(Text)),
        Column("last_day", Date),
        UniqueConstraint("shop", "customer_id", "version"),
        Index(
            "ix_entries_brought",
            "shop",
            "customer_id",
            "order_id",
            postgresql_where=text(r"order_id LIKE E'lot\x1f%'"),
        ),
        Index("ix_entries_posted", "posted_at", postgresql_using="brin"),
        Index(
            "ix_entries_unfilled",
            "shop",
            "customer_id",
            postgresql_where=text("last_day IS NULL AND NOT starts_with(customer_id, 'erased:')"),
        ),
        Index("ix_entries_erased", "shop", postgresql_where=text("starts_with(customer_id, 'erased:')")),
        info=of_customers(
            merge="stay, because nothing changes a ledger; corrections close the alias's",
            erase="are deleted, or stay for the books without the person (`account/erase.py`)",
            export="entries",
        ),
    )
