"""The tables of the figures: sums of what customers count for (``domain/counting.py``), in all and by dimension."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Numeric, Table, Text, text

_KEY = ("shop", "calendar", "kind")
_PART_KEY = ("shop", "calendar", "dimension", "value", "kind")


def add_kpis(metadata: MetaData) -> None:
    """Define ``kpi_changes``, which batches append to, and ``kpi_sums``, into which these are added up; and the same of
    parts of the customers, by dimension and value (``domain/dimensions.py``).
    """
    changes = Table("kpi_changes", metadata, *_columns(_KEY, key=False))
    Index("ix_kpi_changes_shop", changes.c.shop)
    Table("kpi_sums", metadata, *_columns(_KEY, key=True))
    part_changes = Table("kpi_part_changes", metadata, *_columns(_PART_KEY, key=False))
    Index("ix_kpi_part_changes_shop", part_changes.c.shop, part_changes.c.dimension)
    parts = Table("kpi_part_sums", metadata, *_columns(_PART_KEY, key=True))
    Index(
        "ix_kpi_part_sums_largest",
        *(parts.c.shop, parts.c.calendar, parts.c.dimension, text("customers DESC"), parts.c.value),
        postgresql_where=text("kind = 'ever'"),
    )


def _columns(names: tuple[str, ...], *, key: bool) -> tuple[Column[Any], ...]:
    return (
        *(Column(name, Text, nullable=False, primary_key=key) for name in names),
        *(
            Column(name, Integer, nullable=False, primary_key=key, autoincrement=False if key else "auto")
            for name in ("one", "other")
        ),
        Column("customers", BigInteger, nullable=False),
        Column("orders", BigInteger, nullable=False),
        Column("revenue", Numeric, nullable=False, comment="ten-thousandths of the currency's unit"),
        Column("again", BigInteger, nullable=False, comment="customers with two orders or more by the month's end"),
    )
