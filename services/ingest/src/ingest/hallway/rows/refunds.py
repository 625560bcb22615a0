"""Refunds and cancellations without a customer, and the orders by which their customers are found."""

from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

from ingest.domain.candidates import Candidate
from mandegar.database import Connection, Row, WorkerConnection
from mandegar.events import encode

_LOCK_SPACE = 7301


async def serialise_orders(connection: WorkerConnection, orders: Sequence[Candidate]) -> frozenset[str]:
    """Make transactions with refunds that look for their order exclude those with orders of the same shop.

    Otherwise an order and its refund, accepted at the same time, would not see each other. Orders take the shop's lock
    shared, refunds without a customer take it exclusively, and every transaction takes its locks in ascending order.
    Returns those of their sources that are the record of orders now: a door reads that from a cache.
    """
    exclusive: dict[int, bool] = {}
    for candidate in orders:
        lock = crc32(candidate.event.shop.encode()) - 2**31
        exclusive[lock] = exclusive.get(lock, False) or candidate.awaits_order
    if not exclusive:
        return frozenset()
    locks = sorted(exclusive)
    rows = await connection.fetch(
        """
        SELECT CASE WHEN exclusive THEN pg_advisory_xact_lock($3, lock) ELSE pg_advisory_xact_lock_shared($3, lock) END,
            ARRAY(SELECT id FROM sources WHERE id = ANY($4::text[]) AND record_of_orders) AS records
        FROM unnest($1::int[], $2::boolean[]) AS w(lock, exclusive)
        """,
        locks,
        [exclusive[lock] for lock in locks],
        _LOCK_SPACE,
        list({candidate.source.id for candidate in orders}),
    )
    return frozenset(rows[0]["records"])


async def find_customers(connection: WorkerConnection, orders: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The customers of (shop, order id) pairs, each from the latest published event of the order."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (e.shop, e.order_id) e.shop, e.order_id, e.customer_id
        FROM events e JOIN unnest($1::text[], $2::text[]) AS w(shop, order_id)
          ON e.shop = w.shop AND e.order_id = w.order_id
        WHERE e.order_id IS NOT NULL AND e.published AND e.customer_id IS NOT NULL
        ORDER BY e.shop, e.order_id, e.time DESC, e.event_id DESC
        """,
        [shop for shop, _ in orders],
        [order for _, order in orders],
    )
    return {(row["shop"], row["order_id"]): row["customer_id"] for row in rows}


async def insert_waiting(connection: WorkerConnection, candidates: Sequence[Candidate], now: datetime) -> None:
    """Store events until their orders arrive."""
    await connection.execute(
        """
        INSERT INTO waiting_refunds (event_id, shop, order_id, event, received_at)
        SELECT *, $5 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])
        """,
        [candidate.event.id for candidate in candidates],
        [candidate.event.shop for candidate in candidates],
        [candidate.order_id for candidate in candidates],
        [encode(candidate.event) for candidate in candidates],
        now,
    )


async def take_waiting(
    connection: WorkerConnection, orders: Sequence[tuple[str, str]], customers: Sequence[str]
) -> list[Row]:
    """Delete and return the events that wait for these (shop, order id) pairs, each with the customer of its order."""
    return await connection.fetch(
        """
        DELETE FROM waiting_refunds r
        USING unnest($1::text[], $2::text[], $3::text[]) AS w(shop, order_id, customer_id)
        WHERE r.shop = w.shop AND r.order_id = w.order_id
        RETURNING r.event_id, r.event, w.customer_id
        """,
        [shop for shop, _ in orders],
        [order for _, order in orders],
        customers,
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
        RETURNING e.shop, e.source_id, e.native_id, e.body
        """,
        before,
        limit,
    )


async def count_waiting(connection: Connection) -> int:
    """The number of events that wait for their order."""
    count: int = await connection.fetchval("SELECT count(*) FROM waiting_refunds")
    return count
