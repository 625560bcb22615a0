"""What other services have published of a customer, each part with its own version and time."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def add_cards(metadata: MetaData) -> None:
    """Define ``cards``."""
    Table(
        "cards",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("points", JSONB),
        Column("points_version", BigInteger, nullable=False, server_default="0"),
        instant("points_at", nullable=True),
        Column("tier", Text),
        Column("tier_version", BigInteger, nullable=False, server_default="0"),
        Column("credit", JSONB),
        Column("credit_version", BigInteger, nullable=False, server_default="0"),
        instant("credit_at", nullable=True),
        Column("messages", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
        instant("messages_at", nullable=True),
        # The transaction in which the tier has changed last.
        Column("changed_in", BigInteger),
        Index(
            "ix_cards_changed",
            "shop",
            "changed_in",
            "customer_id",
            postgresql_where=text("changed_in IS NOT NULL"),
        ),
        info=of_customers(
            merge="the newer of each part goes to the root's card; the row is deleted", erase=DELETED, export="cards"
        ),
    )
