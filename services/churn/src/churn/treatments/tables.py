"""The table of messages that may have changed what their customers did."""

from sqlalchemy import Column, Index, MetaData, Table, Text, Uuid

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def add_treatments(metadata: MetaData) -> None:
    """Define ``treatments``: a row for a message and its latest state, the ``kind`` of ``rules.py``."""
    Table(
        "treatments",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("message_id", Uuid, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Column("kind", Text, nullable=False),
        instant("at"),
        Column("event_id", Uuid, nullable=False),
        Index("ix_treatments_customer", "shop", "customer_id"),
        Index("ix_treatments_at", "at"),
        info=of_customers(merge="they become the root's", erase=DELETED, export="treatments"),
    )
