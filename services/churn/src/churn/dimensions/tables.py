"""Which parts customers belong to."""

from sqlalchemy import Boolean, Column, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, of_customers


def add_dimensions(metadata: MetaData) -> None:
    """Define ``customer_parts``; of who is in no part there is no row."""
    Table(
        "customer_parts",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("sources", JSONB, nullable=False, comment="domain/dimensions.py"),
        Column("categories", JSONB, nullable=False),
        Column("moved", JSONB, nullable=False),
        Column("member", Boolean, nullable=False),
        Column("counted", LargeBinary, nullable=False, comment="the turnover that the sums have of the customer"),
        info=of_customers(
            merge="what is known of both is of the root; the row is deleted", erase=DELETED, export="customer_parts"
        ),
    )
