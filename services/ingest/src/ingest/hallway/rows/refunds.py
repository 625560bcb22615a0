"""Refunds and cancellations without a customer, which wait for their order."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import Connection, Row, WorkerConnection
from mandegar.events import Event, encode


async def insert_waiting(connection: WorkerConnection, events: Sequence[Event], now: datetime) -> None:
    """Store events until their orders arrive."""
    if not events:
        return
    await connection.execute(
        """
        INSERT INTO waiting_refunds (event_id, shop, order_id, event, received_at)
        SELECT *, $5 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])
        """,
        [event.id for event in events],
        [event.shop for event in events],
        [event.data.order_id for event in events],
        [encode(event) for event in events],
        now,
    )


async def take_expired(connection: WorkerConnection, before: datetime, limit: int) -> list[Row]:
    """Delete and return at most ``limit`` events that have waited since ``before``.

    They are deleted from the history too: a release from quarantine must be able to claim their ids again.
    """
    return await connection.fetch(
        """
        WITH expired AS (
            DELETE FROM waiting_refunds WHERE event_id IN (
                SELECT event_id FROM waiting_refunds WHERE received_at < $1
                ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ) RETURNING event_id
        )
        DELETE FROM events e USING expired x WHERE e.event_id = x.event_id
        RETURNING e.shop, e.source_id, e.native_id, e.body, e.time
        """,
        before,
        limit,
    )


async def count_waiting(connection: Connection) -> int:
    """The number of events that wait for their order."""
    count: int = await connection.fetchval("SELECT count(*) FROM waiting_refunds")
    return count
