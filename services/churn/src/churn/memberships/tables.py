"""Segments of shops, and which customers are in them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def add_segments(metadata: MetaData) -> None:
    """Define the tables of segments."""
    # The newest version of each segment that a shop has written; without a document it was removed.
    Table(
        "segments",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("name", Text, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("document", Text),
        Column("generation", BigInteger, nullable=False, comment="of the shop's segments, from which it is in force"),
        Column("announced", Boolean, nullable=False, comment="bringing customers under it is published as well"),
        instant("changed_at"),
    )
    # A generation is one state of all segments of a shop; the token names it, across restores of a database.
    Table(
        "segment_shops",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("generation", BigInteger, nullable=False),
        Column("token", Uuid, nullable=False),
        Column("built_ins", Integer, nullable=False),
        Column("often", Integer, comment="lines through the shop's buyers; null: too early to tell"),
        Column("middle", BigInteger, comment="in units of money"),
        Column("high", BigInteger, comment="in units of money"),
        instant("lines_at", nullable=True),
        instant("changed_at"),
        Column("brought_to", Text, nullable=False, server_default="", comment="customers behind are still to come"),
        Column("brought_generation", BigInteger, nullable=False, server_default="0"),
    )
    Table(
        "segment_states",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("members", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="name: since, in us"),
        Column("generation", BigInteger, nullable=False, server_default="0"),
        instant("due_at", nullable=True),
        instant("hidden_due_at", nullable=True),
        instant("complained_at", nullable=True),
        info=of_customers(
            merge="the later complaint goes to the root, who is evaluated again; the row is deleted",
            erase=DELETED,
            export="segment_states",
        ),
    )
    Table(
        "segment_members",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("segment", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("partition", SmallInteger, nullable=False),
        instant("since"),
        Index("ix_segment_members_customer", "shop", "customer_id"),
        info=of_customers(
            merge="the root is evaluated again; the rows are deleted", erase=DELETED, export="segment_members"
        ),
    )
    Table(
        "segment_counts",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("segment", Text, primary_key=True),
        Column("partition", SmallInteger, primary_key=True, autoincrement=False),
        Column("customers", BigInteger, nullable=False),
    )
