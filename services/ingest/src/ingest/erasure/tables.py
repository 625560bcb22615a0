"""The table of erasures that are not finished."""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, Uuid

from mandegar.database.customer_data import not_exported, of_customers


def erasure_tables(metadata: MetaData) -> None:
    """Add ``unfinished_erasures``."""
    # The ids of persons of whom something may still be found: more than one transaction erases, or what a transaction
    # stored that had begun before the erasure. `running_until` is the first transaction that began behind it.
    Table(
        "unfinished_erasures",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("erasure_id", Uuid, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("running_until", BigInteger),
        info=of_customers(
            merge="stay: they tell under which ids something may still have to be erased",
            erase="stay until the erasure is finished, which deletes them",
            export=not_exported("they hold nothing of the person but that they are being erased"),
        ),
    )
