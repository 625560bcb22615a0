"""The contracts and trials of customers."""

from sqlalchemy import Column, Index, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, of_customers


def add_contracts(metadata: MetaData) -> None:
    """Define ``contracts``."""
    Table(
        "contracts",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("zone", Text, nullable=False, comment="by whose days kpi_sums and kpi_changes have the facts"),
        Column("facts", JSONB, nullable=False, comment="domain/contracts.py"),
        Index("ix_contracts_zone", "shop", "zone"),
        info=of_customers(
            merge="the facts of both go to the root; the row is deleted", erase=DELETED, export="contracts"
        ),
    )
