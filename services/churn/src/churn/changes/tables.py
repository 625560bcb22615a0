"""The table of the marks by which readers of changes know how current they are."""

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table


def add_change_marks(metadata: MetaData) -> None:
    """Define ``change_marks``: instants, each with the number of the first transaction that came after it."""
    Table(
        "change_marks",
        metadata,
        Column("at", DateTime(timezone=True), primary_key=True),
        Column("first_after", BigInteger, nullable=False),
    )
