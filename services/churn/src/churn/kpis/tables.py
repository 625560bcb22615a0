"""The tables of the figures: sums of what customers count for (``domain/counting.py``)."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Numeric, Table, Text


def add_kpis(metadata: MetaData) -> None:
    """Define ``kpi_changes``, which batches append to, and ``kpi_sums``, into which these are added up."""
    changes = Table("kpi_changes", metadata, *_columns(key=False))
    Index("ix_kpi_changes_shop", changes.c.shop)
    Table("kpi_sums", metadata, *_columns(key=True))


def _columns(*, key: bool) -> tuple[Column[Any], ...]:
    return (
        *(Column(name, Text, nullable=False, primary_key=key) for name in ("shop", "calendar", "kind")),
        *(
            Column(name, Integer, nullable=False, primary_key=key, autoincrement=False if key else "auto")
            for name in ("one", "other")
        ),
        Column("customers", BigInteger, nullable=False),
        Column("orders", BigInteger, nullable=False),
        Column("revenue", Numeric, nullable=False, comment="ten-thousandths of the currency's unit"),
        Column("again", BigInteger, nullable=False, comment="customers with two orders or more by the month's end"),
    )
