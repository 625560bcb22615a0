"""The table of one-time codes."""

from sqlalchemy import BigInteger, Column, Index, MetaData, SmallInteger, Table, Text, Uuid

from mandegar.database.customer_data import DELETED, not_exported, of_customers
from mandegar.database.tables import instant


def till_code_tables(metadata: MetaData) -> None:
    """Add the table. ``digest`` is a keyed hash of the code; ``redemption_id`` is what was redeemed with it."""
    codes = Table(
        "till_codes",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("code_id", Uuid, primary_key=True),
        Column("customer_id", Text, nullable=False),
        Column("reference", Text, nullable=False),
        Column("points", BigInteger),
        Column("reward", Text),
        Column("digest", Text, nullable=False),
        instant("issued_at"),
        instant("expires_at"),
        Column("tries", SmallInteger, nullable=False, server_default="0"),
        Column("redemption_id", Uuid),
        # In thousandths of the currency.
        Column("credit", BigInteger),
        info=of_customers(
            merge="stay: a code is good for some minutes", erase=DELETED, export=not_exported("codes last some minutes")
        ),
    )
    Index("ix_till_codes_customer", codes.c.shop, codes.c.customer_id, codes.c.issued_at)
    Index("ix_till_codes_issued_at", codes.c.issued_at)
