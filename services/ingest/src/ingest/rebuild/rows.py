"""What a rebuild writes: accepted events without their bodies, and sources as far as their events tell of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mandegar.database import Connection, as_json


class EventRow(Struct, frozen=True):
    """One accepted event, as its topic tells of it."""

    event_id: UUID
    shop: str
    source_id: str
    type: str
    customer_id: str | None
    order_id: str | None
    time: datetime
    recorded_time: datetime


class SourceRow(Struct, frozen=True):
    """A source, as one of its events tells of it."""

    id: str
    shop: str
    trust: str
    record_of_orders: bool
    historical: bool
    created_at: datetime


async def save_events(connection: Connection, rows: Sequence[EventRow]) -> None:
    """Write events into the history; like one of an erased customer, each has no body, so a repeat is a duplicate."""
    await connection.execute(
        """
        INSERT INTO events (event_id, shop, source_id, native_id, type, customer_id, order_id, time, recorded_time,
                            published, body_hash)
        SELECT event_id, shop, source_id, '', type, customer_id, order_id, time, recorded_time, true, ''
        FROM json_to_recordset($1::json) AS w(
            event_id uuid, shop text, source_id text, type text, customer_id text, order_id text, time timestamptz,
            recorded_time timestamptz)
        ON CONFLICT DO NOTHING
        """,
        as_json(rows),
    )


async def save_sources(connection: Connection, rows: Iterable[SourceRow]) -> None:
    """Write sources by their old ids, with no keys: nobody gets in until an operator makes one."""
    await connection.execute(
        """
        INSERT INTO sources (id, shop, name, trust, record_of_orders, historical, kafka, created_at)
        SELECT id, shop, id, trust, record_of_orders, historical, false, created_at
        FROM json_to_recordset($1::json) AS w(
            id text, shop text, trust text, record_of_orders bool, historical bool, created_at timestamptz)
        ON CONFLICT (id) DO UPDATE SET
            trust = CASE WHEN excluded.trust = 'server' THEN 'server' ELSE sources.trust END,
            record_of_orders = sources.record_of_orders OR excluded.record_of_orders,
            historical = sources.historical OR excluded.historical,
            created_at = least(sources.created_at, excluded.created_at)
        """,
        as_json(list(rows)),
    )


async def close_source(connection: Connection, source_id: str, at: datetime) -> None:
    """Note that a source was closed."""
    await connection.execute("UPDATE sources SET closed_at = least(closed_at, $2) WHERE id = $1", source_id, at)
