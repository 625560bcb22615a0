"""The tables of sources and their keys. Shops are a standard table of every service."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

from ingest.sources.limit_rows import LIMITS
from mandegar.database.tables import instant


def source_tables(metadata: MetaData) -> None:
    """Add ``sources``, ``shop_limits``, ``source_keys``, ``source_hours`` and ``rhythm``."""
    Table(
        "sources",
        metadata,
        Column("id", Text, primary_key=True),
        Column("shop", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("trust", Text, nullable=False),
        Column("record_of_orders", Boolean, nullable=False),
        Column("historical", Boolean, nullable=False),
        Column("kafka", Boolean, nullable=False),
        Column("unit", Text),
        Column("success_status", SmallInteger, nullable=False, server_default="202"),
        instant("created_at"),
        instant("closed_at", nullable=True),
        # What it may send a second to one process; null for the default.
        Column("events_per_second", Integer),
        Column("bytes_per_second", Integer),
        # False until the topic of a source with one was created.
        Column("topic_ready", Boolean, nullable=False, server_default="true"),
        Column("origins", ARRAY(Text), nullable=False, server_default="{}"),
        # `off` in rows that are older than the column.
        Column("visitor_proof", Text, nullable=False, server_default="off"),
        instant("silent_since", nullable=True),
        Column("visitor_secrets", ARRAY(Text), nullable=False, server_default="{}"),
        CheckConstraint("visitor_proof IN ('required', 'off')", name="visitor_proof"),
        CheckConstraint("trust IN ('server', 'browser')", name="trust"),
        CheckConstraint("success_status IN (200, 202)", name="success_status"),
        # At most one live record of orders per shop; historical sources that backfill the same orders do not count.
        Index("uq_sources_record", "shop", unique=True, postgresql_where=text("record_of_orders AND NOT historical")),
        Index("ix_sources_shop", "shop"),
        Index("ix_sources_without_topic", "created_at", postgresql_where=text("NOT topic_ready")),
    )
    _rhythm_tables(metadata)
    # What an operator has set for a shop; null for the default of the settings.
    Table(
        "shop_limits",
        metadata,
        Column("shop", Text, primary_key=True),
        *(Column(name, Integer) for name in LIMITS),
    )
    # `hash` is the SHA-256 of the whole key; `prefix` is its public part, by which it is looked up and revoked.
    Table(
        "source_keys",
        metadata,
        Column("prefix", Text, primary_key=True),
        Column("source_id", Text, nullable=False),
        Column("shop", Text, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        instant("created_at"),
        instant("revoked_at", nullable=True),
        instant("last_used_at", nullable=True),
        Index("ix_source_keys_source_id", "source_id"),
    )


def _rhythm_tables(metadata: MetaData) -> None:
    # How many events of a source were accepted in an hour.
    Table(
        "source_hours",
        metadata,
        Column("source_id", Text, primary_key=True),
        Column("hour", DateTime(timezone=True), primary_key=True),
        Column("shop", Text, nullable=False),
        Column("events", BigInteger, nullable=False),
        Index("ix_source_hours_hour", "hour"),
    )
    # One row: up to when events have been counted.
    Table(
        "rhythm",
        metadata,
        Column("one", Boolean, primary_key=True),
        instant("counted_until"),
        CheckConstraint("one", name="one"),
    )
