"""A row for each order that has left the row of its customer."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

from mandegar.database.customer_data import DELETED, of_customers


def add_older_orders(metadata: MetaData) -> None:
    """Define ``older_orders``."""
    Table(
        "older_orders",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("name", BigInteger, primary_key=True, autoincrement=False, comment="hash of the order's id"),
        Column("record", LargeBinary, nullable=False, comment="domain/packing.py"),
        info=of_customers(merge="go to the root's orders, and are deleted", erase=DELETED, export="older_orders"),
    )
