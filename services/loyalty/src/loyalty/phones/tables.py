"""The tables of the phone numbers of customers, as pseudonyms, and of those that were tried in vain."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, text

from mandegar.database.customer_data import DELETED, of_customers
from mandegar.database.tables import instant


def phone_tables(metadata: MetaData) -> None:
    """Add ``phones``: of each customer the number in the snapshot of the highest ``version``; null: there is none.

    ``phone_guesses`` counts unknown numbers and ids by a hash of the token (``key_id``; empty: all of the shop).
    """
    Table(
        "phones",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("phone_id", Text),
        Index("ix_phones_phone", "shop", "phone_id", postgresql_where=text("phone_id IS NOT NULL")),
        info=of_customers(merge="stay: an alias found by its number leads to the root", erase=DELETED, export="phones"),
    )
    Table(
        "phone_guesses",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("key_id", Text, primary_key=True),
        instant("since"),
        Column("misses", Integer, nullable=False),
    )
