"""The answers of customers to surveys."""

from sqlalchemy import Column, Index, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.customer_data import DELETED, of_customers


def add_satisfaction(metadata: MetaData) -> None:
    """Define ``survey_answers``."""
    Table(
        "survey_answers",
        metadata,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("zone", Text, nullable=False, comment="by whose days kpi_sums and kpi_changes have the answers"),
        Column("answers", JSONB, nullable=False, comment="domain/satisfaction.py"),
        Index("ix_survey_answers_zone", "shop", "zone"),
        info=of_customers(
            merge="the answers of both go to the root; the row is deleted", erase=DELETED, export="survey_answers"
        ),
    )
