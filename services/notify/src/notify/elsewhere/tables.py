"""The table of messages that another system sent."""

from sqlalchemy import Boolean, Column, Index, MetaData, Table, Text, Uuid, text

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def messages_elsewhere_table(metadata: MetaData) -> Table:
    """Add ``messages_elsewhere``: for each message id of a customer what the latest event says."""
    return Table(
        "messages_elsewhere",
        metadata,
        *(Column(name, Text, primary_key=True) for name in ("shop", "customer_id", "message_id")),
        Column("event_id", Uuid, nullable=False),
        Column("channel", Text, nullable=False),
        Column("marketing", Boolean, nullable=False),
        # the journey here that it counts as
        Column("journey", Text),
        instant("sent_at"),
        # the pseudonym of the address that the event named
        Column("address_id", Text),
        # the id under which it came, if that has become an alias
        Column("sent_as", Text),
        Index("ix_messages_elsewhere_customer", "shop", "customer_id", "sent_at", "event_id"),
        Index(
            "ix_messages_elsewhere_address",
            "shop",
            "address_id",
            "sent_at",
            postgresql_where=text("address_id IS NOT NULL"),
        ),
        info=of_customers(
            merge="become the root's, so that caps count them; one message id of both counts once",
            erase=DELETED,
            export="messages_elsewhere",
        ),
    )
