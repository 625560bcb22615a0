"""The tables of churn. Migrations build the same; a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.schema import SchemaItem

from mandegar.database.tables import customers_table, instant, new_metadata, standard_tables


def customer_columns() -> list[SchemaItem]:
    """Churn's part of a customer's row: the packed orders, and what follows from them under one model version."""
    return [
        Column("orders", LargeBinary, nullable=False, server_default=text("''::bytea"), comment="domain/orders.py"),
        Column("x", Integer, comment="repeat purchases; null before the first purchase"),
        Column("first_day", Integer, comment="proleptic ordinal, in the shop's zone"),
        Column("last_day", Integer),
        Column("band", Text, comment="the one published last"),
        instant("band_since", nullable=True),
        Column("value_at_risk", Numeric, comment="as of band_since"),
        Column("version", BigInteger, nullable=False, server_default="0"),
        Column("model_version", BigInteger),
        Column("zone", Text),
        instant("backfill_until", nullable=True),
        instant("last_event_at", nullable=True),
        Column("interactions", BigInteger, nullable=False, server_default="0"),
        instant("last_interaction_at", nullable=True),
        Column("tickets_opened", Integer, nullable=False, server_default="0"),
        Column("tickets_closed", Integer, nullable=False, server_default="0"),
        Index(
            "ix_customers_band",
            "shop",
            "band",
            text("value_at_risk DESC"),
            text("customer_id DESC"),
            postgresql_where=text("band IS NOT NULL"),
        ),
    ]


def models_table(to: MetaData) -> Table:
    """Model versions of each shop; the newest one scores. Version 0, the priors, has no row."""
    return Table(
        "models",
        to,
        Column("shop", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        instant("fitted_at"),
        Column("through_day", Date, nullable=False, comment="the last day, in the shop's zone, that the fit saw"),
        Column("horizon_days", SmallInteger, nullable=False),
        Column("drops", ARRAY(Double), nullable=False),
        Column("parameters", JSONB, nullable=False),
        Column("quality", JSONB, nullable=False),
    )


def backfills_table(to: MetaData) -> Table:
    """Historical sources as each partition saw them: filling, closed, and taken into a model version."""
    return Table(
        "backfills",
        to,
        Column("shop", Text, primary_key=True),
        Column("source_id", Text, primary_key=True),
        Column("partition", Integer, primary_key=True, autoincrement=False),
        instant("last_event_at", nullable=True),
        instant("closed_at", nullable=True),
        Column("model_version", BigInteger),
    )


def cards_table(to: MetaData) -> Table:
    """The card's own room: what other services say of a customer, each part with its own version and time."""
    return Table(
        "cards",
        to,
        Column("shop", Text, primary_key=True),
        Column("customer_id", Text, primary_key=True),
        Column("points", JSONB),
        Column("points_version", BigInteger, nullable=False, server_default="0"),
        instant("points_at", nullable=True),
        Column("tier", Text),
        Column("tier_version", BigInteger, nullable=False, server_default="0"),
        Column("messages", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
        instant("messages_at", nullable=True),
    )


metadata = new_metadata()
standard_tables(metadata)
customers = customers_table(metadata, *customer_columns())
models = models_table(metadata)
backfills = backfills_table(metadata)
cards = cards_table(metadata)
