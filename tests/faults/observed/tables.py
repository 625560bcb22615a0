"""The rows that checkers look at: every service's tables of the stream, and what each owns."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import asyncpg

Row: TypeAlias = asyncpg.Record
Tables: TypeAlias = Mapping[str, list[Row]]

_STREAM = {
    "outbox": "SELECT id, topic FROM outbox ORDER BY id",
    "outbox_published": "SELECT id, topic, key, value FROM outbox_published ORDER BY id",
    "inbox": "SELECT consumer_group, event_id FROM inbox",
    "offsets": "SELECT consumer_group, topic, partition, next_offset FROM offsets",
    "fault_offsets": """
        SELECT consumer_group, topic, partition, old, new FROM fault_offsets
        ORDER BY consumer_group, topic, partition, at, ctid
    """,
    "dead_letters": """
        SELECT id, consumer_group, topic, partition, record_offset, event_id, code, released_at FROM dead_letters
    """,
    "applied": "SELECT consumer_group, type, sum(events)::bigint AS events FROM applied GROUP BY 1, 2",
    "shops": "SELECT shop, version FROM shops",
}
_PART = "shop, dimension, value, calendar, kind, one, other, customers, orders, revenue, again"
_OWN = {
    "ingest": {
        "events": """
            SELECT event_id, shop, source_id, native_id, type, customer_id, published, code FROM events
        """,
        "quarantine": "SELECT native_id, code FROM quarantine",
        "waiting_refunds": "SELECT event_id FROM waiting_refunds",
        "customers": "SELECT shop, customer_id, version FROM customers",
    },
    "loyalty": {
        "customers": """
            SELECT shop, customer_id, available, pending, held, debt, lifetime, credit, tier, version,
                settled_at FROM customers
        """,
        "entries": """
            SELECT entry_id, shop, customer_id, version, lot_id, order_id, kind, bucket, points, cause, effective_at
            FROM entries ORDER BY shop, customer_id, version
        """,
        "programmes": "SELECT shop, version, effective_from, document, created_at FROM programmes",
    },
    "churn": {
        "customers": """
            SELECT shop, customer_id, orders, x, first_day, last_day, band, band_since, value_at_risk, due_at, version,
                   lifecycle, stage, stage_version, stage_since, won_back_at, model_version, zone, backfill_until,
                   interactions, tickets_opened, tickets_closed, last_event_at, signals
            FROM customers
        """,
        "older_orders": "SELECT shop, customer_id, name, record FROM older_orders",
        "models": "SELECT shop, version, horizon_days, numbers FROM models",
        "kpi_sums": "SELECT shop, calendar, kind, one, other, customers, orders, revenue, again FROM kpi_sums",
        "kpi_changes": "SELECT shop, calendar, kind, one, other, customers, orders, revenue, again FROM kpi_changes",
        "kpi_part_sums": f"SELECT {_PART} FROM kpi_part_sums",
        "kpi_part_changes": f"SELECT {_PART} FROM kpi_part_changes",
        "cards": "SELECT shop, customer_id, points, points_version, tier, tier_version FROM cards",
    },
    "notify": {
        "customers": """
            SELECT shop, customer_id, contact_version, profile_version, points_version, points, tier, last_paid_at,
                   email, phone, name
            FROM customers
        """,
        "sends": "SELECT send_id, shop, customer_id, journey, channel, cause_id, state, not_before FROM sends",
    },
}
SERVICES = tuple(_OWN)
QUERIES: Mapping[str, Mapping[str, str]] = MappingProxyType({name: {**_STREAM, **own} for name, own in _OWN.items()})


async def read_tables(service: str, url: str) -> Tables:
    """All of them in one snapshot."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await tables_seen(service, connection)
    finally:
        await connection.close()


async def tables_seen(service: str, connection: "asyncpg.Connection[Row]") -> Tables:
    """All of them as this transaction sees them."""
    return {table: await connection.fetch(query) for table, query in QUERIES[service].items()}
