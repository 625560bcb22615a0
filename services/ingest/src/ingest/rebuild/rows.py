"""What a rebuild writes: accepted events without bodies, and sources without keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mandegar.database import WorkerConnection, as_json, record_set


class EventRow(Struct, frozen=True):
    """An accepted event, without what its topic does not carry."""

    event_id: UUID
    shop: str
    source_id: str
    type: str
    customer_id: str | None
    order_id: str | None
    time: datetime
    recorded_time: datetime


class SourceRow(Struct, frozen=True):
    """A source, as far as an event shows it."""

    id: str
    shop: str
    trust: str
    record_of_orders: bool
    historical: bool
    created_at: datetime


_EVENTS = record_set(EventRow)
_SOURCES = record_set(SourceRow)


async def save_events(connection: WorkerConnection, rows: Sequence[EventRow]) -> None:
    """Insert events into the history. They have no body, so every repeat of their ids counts as a duplicate."""
    await connection.execute(
        f"""
        INSERT INTO events (event_id, shop, source_id, native_id, type, customer_id, order_id, time, recorded_time,
                            published, body_hash)
        SELECT event_id, shop, source_id, '', type, customer_id, order_id, time, recorded_time, true, ''
        FROM {_EVENTS}
        ON CONFLICT DO NOTHING
        """,  # noqa: S608
        as_json(rows),
    )


async def save_sources(connection: WorkerConnection, rows: Sequence[SourceRow]) -> None:
    """Insert sources under their old ids. An operator has to create keys for them."""
    await connection.execute(
        f"""
        INSERT INTO sources (id, shop, name, trust, record_of_orders, historical, kafka, visitor_proof, created_at)
        SELECT id, shop, id, trust, record_of_orders, historical, false, 'required', created_at
        FROM {_SOURCES}
        ON CONFLICT (id) DO UPDATE SET
            trust = CASE WHEN excluded.trust = 'server' THEN 'server' ELSE sources.trust END,
            record_of_orders = sources.record_of_orders OR excluded.record_of_orders,
            historical = sources.historical OR excluded.historical,
            created_at = least(sources.created_at, excluded.created_at)
        """,  # noqa: S608
        as_json(rows),
    )


async def set_records(connection: WorkerConnection) -> None:
    """Set the record of orders of every shop without one: its live source whose order was accepted last."""
    await connection.execute(
        """
        UPDATE sources SET record_of_orders = true
        FROM (
            SELECT DISTINCT ON (e.shop) e.source_id
            FROM events e JOIN sources s ON s.id = e.source_id
            WHERE e.order_id IS NOT NULL AND NOT s.historical
            ORDER BY e.shop, e.recorded_time DESC, e.event_id DESC
        ) latest
        WHERE sources.id = latest.source_id AND NOT EXISTS (
            SELECT FROM sources o WHERE o.shop = sources.shop AND o.record_of_orders AND NOT o.historical
        )
        """
    )


async def close_source(connection: WorkerConnection, source_id: str, at: datetime) -> None:
    """Set when a source was closed."""
    await connection.execute("UPDATE sources SET closed_at = least(closed_at, $2) WHERE id = $1", source_id, at)
