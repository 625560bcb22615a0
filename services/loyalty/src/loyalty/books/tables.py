"""The tables of the books: sums of the ledger's points, which triggers on ``entries`` begin (migration 0021).

The sums are those of entries of one kind and bucket, in signed points, as ``domain/posting.moved_by`` reads them.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Date, Index, MetaData, Numeric, Table, Text


def book_tables(metadata: MetaData) -> None:
    """Add the tables.

    ``book_changes`` has what statements have posted and nobody has added up yet. ``book_days`` has the points by the
    day of the shop on which they were posted, ``book_lots`` by the last day of the points (9999-12-31:
    they do not expire; 0001-01-01: not known yet).
    """
    changes = Table(
        "book_changes",
        metadata,
        Column("shop", Text, nullable=False),
        *(Column(day, Date, nullable=False) for day in ("booked_on", "last_day")),
        *_counted(key=False),
    )
    Index("ix_book_changes_shop", changes.c.shop)
    Table(
        "book_days",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("booked_on", Date, primary_key=True),
        *_counted(key=True),
    )
    Table(
        "book_lots",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("last_day", Date, primary_key=True),
        *_counted(key=True),
    )


def _counted(*, key: bool) -> tuple[Column[Any], ...]:
    return (
        Column("kind", Text, nullable=False, primary_key=key),
        Column("bucket", Text, nullable=False, primary_key=key),
        Column("points", Numeric, nullable=False),
        Column("entries", BigInteger, nullable=False),
    )
