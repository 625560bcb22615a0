"""The table of adjustments."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, MetaData, Table, Text, Uuid, text

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def adjustment_tables(metadata: MetaData) -> None:
    """Add the table. What an adjustment gave or took is in the facts of lots. The note leaves the database nowhere."""
    adjustments = Table(
        "adjustments",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("adjustment_id", Uuid, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("points", BigInteger, nullable=False),
        Column("reason", Text, nullable=False),
        Column("note", Text, nullable=False),
        Column("last_day", Date),
        Column("allow_debt", Boolean, nullable=False),
        Column("author_key", Text, nullable=False),
        Column("author", Text),
        instant("asked_at"),
        Column("decided_key", Text),
        Column("decided_by", Text),
        instant("decided_at", nullable=True),
        # In thousandths of the currency; then points are 0.
        Column("credit", BigInteger),
        info=of_customers(merge="go to the root", erase=DELETED, export="adjustments"),
    )
    Index("ix_adjustments_asked_at", adjustments.c.shop, adjustments.c.asked_at, adjustments.c.adjustment_id)
    Index("ix_adjustments_customer", adjustments.c.shop, adjustments.c.customer_id)
    Index(
        "ix_adjustments_waiting",
        adjustments.c.shop,
        adjustments.c.asked_at,
        postgresql_where=text("state = 'waiting'"),
    )
