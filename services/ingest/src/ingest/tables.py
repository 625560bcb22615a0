"""Every table of ingest. Migrations build the same; a test compares the two.

``shops`` is the standard table: every service has it from the topic, ingest writes it first and publishes it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database.tables import customers_table, instant, new_metadata, standard_tables

metadata = new_metadata()
standard_tables(metadata)

# ``profile`` holds each field as [value, microseconds, event id]; ``version`` counts what was published of it.
customers = customers_table(
    metadata,
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("profile", JSONB, nullable=False, server_default="{}"),
)

sources = Table(
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
    CheckConstraint("trust IN ('server', 'browser')", name="trust"),
    CheckConstraint("success_status IN (200, 202)", name="success_status"),
    # One live source per shop is the record of its orders; backfills of the same orders may be so beside it.
    Index("uq_sources_record", "shop", unique=True, postgresql_where=text("record_of_orders AND NOT historical")),
    Index("ix_sources_shop", "shop"),
)

# ``hash`` is the SHA-256 of the whole key; ``prefix`` is its public part, by which it is found and revoked.
source_keys = Table(
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

# The history of everything accepted, which is also what makes a second delivery a duplicate. ``published`` is false
# for what only stands here: orders of a source that is no record, and refunds whose order is not known yet.
events = Table(
    "events",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("shop", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("customer_id", Text),
    Column("order_id", Text),
    instant("time"),
    instant("recorded_time"),
    Column("published", Boolean, nullable=False),
    Column("code", Text),
    Column("body", LargeBinary),
    Column("body_hash", LargeBinary, nullable=False),
    Index("ix_events_customer", "shop", "customer_id", "time", "event_id"),
    Index("ix_events_order", "shop", "order_id", postgresql_where=text("order_id IS NOT NULL")),
)

# ``id`` is derived from source, code and body: the same event refused again is the same row.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("shop", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("native_id", Text),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    instant("received_at"),
    instant("resolved_at", nullable=True),
    CheckConstraint("state IN ('open', 'released', 'dropped')", name="state"),
    Index("ix_quarantine_shop", "shop", "state", "received_at", "id"),
)

# Refunds and cancellations that name no customer, until their order is known. ``event`` is the canonical document.
waiting_refunds = Table(
    "waiting_refunds",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("shop", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),
    instant("received_at"),
    Index("ix_waiting_refunds_order", "shop", "order_id"),
    Index("ix_waiting_refunds_received_at", "received_at"),
)
