"""The table of draws that were held. It names customers by pseudonyms alone."""

from sqlalchemy import ARRAY, BigInteger, Column, MetaData, Table, Text

from mandegar.database.tables import instant


def draw_tables(metadata: MetaData) -> None:
    """Add the table."""
    Table(
        "draws",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("draw", Text, primary_key=True),
        Column("programme_version", BigInteger, nullable=False),
        Column("seed_hash", Text, nullable=False),
        Column("seed", Text, nullable=False),
        instant("begins_at"),
        instant("ends_at"),
        instant("held_at"),
        Column("entrants", ARRAY(Text), nullable=False),
        Column("winners", ARRAY(Text), nullable=False),
    )
