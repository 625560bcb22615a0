"""Churn's part of a customer's row: the packed orders, and what follows from them under one model version."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Numeric, Text, text

from mandegar.database.customer_data import stays
from mandegar.database.tables import customers_table, instant
from mandegar.events.churn import FIRST_STAGE


def add_customers(metadata: MetaData) -> None:
    """Define ``customers``."""
    customers_table(
        metadata,
        Column("orders", LargeBinary, nullable=False, server_default=text("''::bytea"), comment="domain/packed.py"),
        Column("remembered", LargeBinary, comment="domain/remembered.py"),
        Column(
            "turnover",
            LargeBinary,
            nullable=False,
            server_default=text("''::bytea"),
            comment="domain/turnover.py: what the sums of kpi_sums and kpi_changes have of the customer",
        ),
        Column("x", Integer, comment="repeat purchases; null before the first purchase"),
        Column("first_day", Integer, comment="proleptic ordinal, in the shop's zone"),
        Column("last_day", Integer),
        Column("band", Text, comment="the one published last"),
        instant("band_since", nullable=True),
        # Published last; the stage is that of the journey, and no change of it is dated before another. Who was won
        # back was so by an order of that instant.
        Column("lifecycle", Text),
        Column("stage", Text, server_default=FIRST_STAGE, comment="null: of a release that had none"),
        Column(
            "stage_version",
            BigInteger,
            nullable=False,
            server_default="0",
            info=stays("stages of readmitted customers go on above it"),
        ),
        instant("stage_since", nullable=True),
        instant("won_back_at", nullable=True),
        Column("value_at_risk", Numeric, comment="as of band_since"),
        # As of band_since, of who is neither healthy nor without a purchase; else 0.
        Column("crossing_risk", Numeric, nullable=False, server_default="0"),
        Column("crossing_year_value", Numeric, nullable=False, server_default="0"),
        Column(
            "version", BigInteger, nullable=False, server_default="0", info=stays("readmitted customers go on above it")
        ),
        Column("model_version", BigInteger),
        Column("zone", Text),
        instant("backfill_until", nullable=True),
        instant("last_event_at", nullable=True),
        Column("interactions", BigInteger, nullable=False, server_default="0"),
        instant("last_interaction_at", nullable=True),
        Column("tickets_opened", Integer, nullable=False, server_default="0"),
        Column("tickets_closed", Integer, nullable=False, server_default="0"),
        Column(
            "signals",  # domain/signals/state.py: days with a visit, and what the customer was glad or unhappy of
            LargeBinary,
            nullable=False,
            server_default=text("''::bytea"),
        ),
        Column(
            "visit_months",
            LargeBinary,
            nullable=False,
            server_default=text("''::bytea"),
            comment="domain/visit_months.py: what the sums of kpi_sums and kpi_changes have of the customer's visits",
        ),
        # The transaction in which band, value, segments, merge or erasure have changed last.
        Column(
            "changed_in",
            BigInteger,
            nullable=False,
            server_default=text("(pg_current_xact_id()::text)::bigint"),
            info=stays("who has read the list of changes is told of the erasure"),
        ),
        *_indexes(),
    )


def _indexes() -> tuple[Index, ...]:
    return (
        Index("ix_customers_changed", "shop", "changed_in", "customer_id"),
        Index(
            "ix_customers_sampled",
            "shop",
            text("hashtextextended(customer_id, 0)"),
            postgresql_where=text("hashtextextended(customer_id, 0) & 31 = 0"),
        ),
        Index(
            "ix_customers_band",
            "shop",
            "band",
            text("value_at_risk DESC"),
            text("customer_id DESC"),
            postgresql_where=text("band IS NOT NULL"),
        ),
        Index(
            "ix_customers_last_day",
            "shop",
            "band",
            text("last_day DESC"),
            text("customer_id DESC"),
            postgresql_where=text("band IN ('cooling', 'at_risk', 'lost')"),
        ),
        Index(
            "ix_customers_crossing_risk",
            "shop",
            "band",
            text("crossing_risk DESC"),
            text("customer_id DESC"),
            postgresql_where=text("band IN ('cooling', 'at_risk', 'lost')"),
        ),
        Index(
            "ix_customers_year_value",
            "shop",
            "band",
            text("crossing_year_value DESC"),
            text("customer_id DESC"),
            postgresql_where=text("band IN ('cooling', 'at_risk', 'lost')"),
        ),
        Index(
            "ix_customers_aliases",
            "shop",
            "merged_into",
            "customer_id",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        Index(
            "ix_customers_uncounted",
            "shop",
            "customer_id",
            postgresql_where=text("turnover = ''::bytea AND octet_length(orders) > 1 AND zone IS NOT NULL"),
        ),
        # The third byte of signals tells whether they have days with a visit.
        Index(
            "ix_customers_unvisited",
            "shop",
            "customer_id",
            postgresql_where=text("visit_months = ''::bytea AND substr(signals, 3, 1) > '\\x00'::bytea"),
        ),
    )
