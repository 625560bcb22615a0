"""The history of accepted events: claiming ids, comparing repeats, listing the events of a customer."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ingest.domain.candidates import Candidate
from mandegar.database import Connection, ReadConnection, Row, WorkerConnection


class Stored(NamedTuple):
    """The content of an accepted event; ``body`` is None once its customer was erased."""

    body_hash: bytes
    body: bytes | None


async def insert_events(connection: WorkerConnection, candidates: Sequence[Candidate]) -> set[UUID]:
    """Insert events, sorted by id; returns the ids that were new."""
    rows = await connection.fetch(
        """
        INSERT INTO events (event_id, shop, source_id, native_id, type, customer_id, order_id, time, recorded_time,
                            published, code, body, body_hash)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::text[], $12::bytea[],
                             $13::bytea[])
        ON CONFLICT (event_id) DO NOTHING
        RETURNING event_id
        """,
        [candidate.event.id for candidate in candidates],
        [candidate.event.shop for candidate in candidates],
        [candidate.source.id for candidate in candidates],
        [candidate.native_id for candidate in candidates],
        [candidate.event.type for candidate in candidates],
        [candidate.event.customer_id for candidate in candidates],
        [candidate.order_id for candidate in candidates],
        [candidate.event.time for candidate in candidates],
        [candidate.event.recorded_time for candidate in candidates],
        [candidate.published and not candidate.awaits_order for candidate in candidates],
        [candidate.code for candidate in candidates],
        [candidate.body for candidate in candidates],
        [candidate.body_hash for candidate in candidates],
    )
    return {row["event_id"] for row in rows}


async def load_stored(connection: WorkerConnection, ids: Collection[UUID]) -> dict[UUID, Stored]:
    """The accepted events among ``ids``."""
    rows = await connection.fetch(
        "SELECT event_id, body_hash, body FROM events WHERE event_id = ANY($1::uuid[])", list(ids)
    )
    return {row["event_id"]: Stored(row["body_hash"], row["body"]) for row in rows}


async def mark_published(connection: WorkerConnection, ids: Sequence[UUID], customers: Sequence[str]) -> None:
    """Set the customers of events that waited for their order, and mark the events as published."""
    await connection.execute(
        """
        UPDATE events e SET customer_id = w.customer_id, published = true, code = NULL
        FROM unnest($1::uuid[], $2::text[]) AS w(event_id, customer_id)
        WHERE e.event_id = w.event_id
        """,
        ids,
        customers,
    )


async def list_events(
    connection: ReadConnection, shop: str, customer_id: str, *, limit: int, before: tuple[datetime, UUID] | None
) -> list[Row]:
    """A page of a customer's events, latest first."""
    time, event_id = before or (None, None)
    return await connection.fetch(
        """
        SELECT event_id, source_id, native_id, type, order_id, time, recorded_time, published, code, body
        FROM events
        WHERE shop = $1 AND customer_id = $2
          AND ($3::timestamptz IS NULL OR (time, event_id) < ($3, $4::uuid))
        ORDER BY time DESC, event_id DESC
        LIMIT $5
        """,
        shop,
        customer_id,
        time,
        event_id,
        limit,
    )


async def customer_exists(connection: ReadConnection, shop: str, customer_id: str) -> bool:
    """Whether the customer has a profile or an event."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM customers WHERE shop = $1 AND customer_id = $2)
            OR EXISTS (SELECT FROM events WHERE shop = $1 AND customer_id = $2)
        """,
        shop,
        customer_id,
    )
    return found


async def any_order(connection: Connection, shop: str) -> bool:
    """Whether the shop has an order in the history."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM events WHERE shop = $1 AND order_id IS NOT NULL)", shop
    )
    return found
