"""The table of programmes in the shadow of the live ones."""

from sqlalchemy import Column, Index, Integer, MetaData, SmallInteger, Table, Text, text

from mandegar.database.tables import instant


def shadow_tables(metadata: MetaData) -> None:
    """One shadow a shop; ``request`` is JSON."""
    shadows = Table(
        "shadows",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("document", Text, nullable=False),
        Column("request", Text, nullable=False),
        instant("since"),
        Column("every_hours", SmallInteger, nullable=False),
        instant("next_at", nullable=True),
        Column("promoted_version", Integer),
    )
    Index("ix_shadows_next", shadows.c.next_at, postgresql_where=text("next_at IS NOT NULL"))
