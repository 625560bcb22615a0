"""The histories of customers."""

from sqlalchemy import BigInteger, Column, Index, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, not_exported, of_customers
from mandegar.database.tables import instant


def add_timelines(metadata: MetaData) -> None:
    """Define ``timelines`` and ``timeline_entries``."""
    # A row is locked before entries of its customer change. `entries` is at least the number of them.
    Table(
        "timelines",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("entries", BigInteger, nullable=False, server_default="0"),
        info=of_customers(
            merge="the root's counts the alias's entries as well; the row is deleted",
            erase=DELETED,
            export=not_exported("it counts the entries, which an export has"),
        ),
    )
    Table(
        "timeline_entries",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("entry_id", Uuid, primary_key=True),
        Column("kind", SmallInteger, nullable=False, comment="below 1: kept and not shown"),
        instant("at"),
        Column("type", Text, nullable=False),
        Column("data", JSONB, nullable=False),
        Index("ix_timeline_entries_newest", "shop", "customer_id", "kind", "at", "entry_id"),
        info=of_customers(
            merge="go to the root, put together with the root's entries of the same things",
            erase=DELETED,
            export="timeline",
        ),
    )
