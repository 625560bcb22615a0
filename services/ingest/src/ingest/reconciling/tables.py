"""The tables of reconciliations, which are deleted some weeks after they were last used."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    text,
)

from mandegar.database.customer_data import DELETED, not_exported, of_customers
from mandegar.database.tables import instant

STATES = "state IN ('receiving', 'comparing', 'compared', 'accepting', 'dropped')"


def reconciling_tables(metadata: MetaData) -> None:
    """Add ``reconciliations``, ``reconciliation_rows`` and ``reconciliation_extras``."""
    # `options` says how the file is read, as JSON. `began` and `ended` are the period that was asked for; null for that
    # of the rows, `first_at` to `last_at`. A comparison is at the `phase`, behind `place`; its result is `counts`, as
    # JSON. `accept_all` is whether all missing rows are being accepted, or those that are `wanted`.
    Table(
        "reconciliations",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("options", Text, nullable=False),
        instant("began", nullable=True),
        instant("ended", nullable=True),
        instant("first_at", nullable=True),
        instant("last_at", nullable=True),
        Column("state", Text, nullable=False, server_default="receiving"),
        Column("last_line", BigInteger, nullable=False, server_default="0"),
        Column("phase", Text),
        Column("place", Text, nullable=False, server_default=""),
        Column("counts", Text),
        Column("accept_all", Boolean, nullable=False, server_default="false"),
        instant("created_at"),
        instant("moved_at"),
        instant("compared_at", nullable=True),
        CheckConstraint(STATES, name="state"),
        Index("ix_reconciliations_shop", "shop", "created_at", "id"),
        Index("ix_reconciliations_moving", "moved_at", postgresql_where=text("state IN ('comparing', 'accepting')")),
        Index("ix_reconciliations_moved_at", "moved_at"),
    )
    _rows_table(metadata)
    _extras_table(metadata)


def _rows_table(metadata: MetaData) -> None:
    # What a line of the file states, in the shop's currency, and ids as they are published; `fault` is why a line
    # cannot be used. Of an erased customer it keeps no id: `erased`. The rest is how it compares, and what a missing
    # order `lacks` to be accepted.
    Table(
        "reconciliation_rows",
        metadata,
        Column("reconciliation_id", Uuid, primary_key=True),
        Column("line", BigInteger, primary_key=True),
        Column("shop", Text, nullable=False),
        *(Column(name, Text) for name in ("order_id", "customer_id", "status", "currency", "refund_id", "fault")),
        Column("at", DateTime(timezone=True)),
        *(Column(name, Numeric) for name in ("total", "refunded")),
        Column("version", BigInteger),
        Column("erased", Boolean, nullable=False, server_default="false"),
        *(Column(name, Text) for name in ("kind", "cause", "lacks")),
        *(Column(name, Numeric) for name in ("our_total", "our_refunded")),
        Column("our_time", DateTime(timezone=True)),
        Column("shift", Integer),
        Column("wanted", Boolean, nullable=False, server_default="false"),
        Index(
            "ix_reconciliation_rows_order",
            *("reconciliation_id", "order_id", "line"),
            postgresql_where=text("order_id IS NOT NULL"),
        ),
        Index("ix_reconciliation_rows_kind", "reconciliation_id", "kind", "line"),
        Index(
            "ix_reconciliation_rows_customer",
            *("shop", "customer_id"),
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
        info=of_customers(
            merge="stay as the file has them; an order that is accepted goes to the root",
            erase=DELETED,
            export="reconciled_orders",
        ),
    )


def _extras_table(metadata: MetaData) -> None:
    # Orders in the history that the file does not have.
    Table(
        "reconciliation_extras",
        metadata,
        Column("reconciliation_id", Uuid, primary_key=True),
        Column("order_id", Text, primary_key=True),
        Column("shop", Text, nullable=False),
        *(Column(name, Text) for name in ("customer_id", "cause")),
        *(Column(name, Numeric) for name in ("our_total", "our_refunded")),
        Column("our_time", DateTime(timezone=True)),
        Index(
            "ix_reconciliation_extras_customer",
            *("shop", "customer_id"),
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
        info=of_customers(
            merge="stay; they name the customer for whom the order was sent",
            erase=DELETED,
            export=not_exported("they repeat which orders the history has, until the reconciliation is deleted"),
        ),
    )
