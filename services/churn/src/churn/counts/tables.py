"""The tables of the counts, which triggers on ``customers`` append to (migration 0022)."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text


def add_counts(metadata: MetaData) -> None:
    """Define ``count_changes``, which statements append to, and ``count_sums``, into which these are added up.

    ``counted`` is a band, ``new`` or ``won_back``, a stage but awareness, or ``all`` for those who can be in a segment:
    history that is still coming in.
    """
    changes = Table(
        "count_changes",
        metadata,
        Column("shop", Text, nullable=False),
        Column("counted", Text, nullable=False),
        Column("customers", BigInteger, nullable=False),
    )
    Index("ix_count_changes_shop", changes.c.shop)
    Table(
        "count_sums",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("counted", Text, primary_key=True),
        Column("customers", BigInteger, nullable=False),
    )
