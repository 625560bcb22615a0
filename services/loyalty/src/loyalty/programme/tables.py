"""The tables of programmes: versions of their documents and the words in them, zones of shops, changes of cut-offs."""

from sqlalchemy import ARRAY, BigInteger, Column, Index, Integer, MetaData, Table, Text

from loyalty.programme.document import PROGRAMMES
from mandegar.database.tables import instant
from mandegar.documents.tables import versions_table


def programme_tables(metadata: MetaData) -> None:
    """Add the tables."""
    versions_table(metadata, PROGRAMMES)
    # A row for each change of zone; ``version`` is that of the shop's settings.
    Table(
        "shop_zones",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        Column("zone", Text, nullable=False),
        instant("since"),
    )
    # Words in documents that are no ids, and the hashes as which events name them.
    Table(
        "programme_words",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("word", Text, primary_key=True),
        Column("published", Text, nullable=False),
    )
    # A row for each shop that has draws to come, or whose rules have changed since it was looked at.
    # ``crowded`` are the draws that are due and had too many entrants when they were tried last.
    dues = Table(
        "draw_dues",
        metadata,
        Column("shop", Text, primary_key=True),
        instant("next_at"),
        Column("crowded", ARRAY(Text), nullable=False, server_default="{}"),
    )
    Index("ix_draw_dues_next", dues.c.next_at)
    # A row for each shop: which transaction changed its cut-off last, and how far its customers are recomputed. In the
    # end they are settled under ``meaning``, see ``domain.remembered``.
    Table(
        "cutoffs",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("changed_in", BigInteger, nullable=False),
        Column("recomputed_to", Text, nullable=False, server_default=""),
        instant("recomputed_at", nullable=True),
        Column("meaning", Integer, nullable=False, server_default="0"),
    )
