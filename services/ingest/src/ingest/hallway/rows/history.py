"""The history of accepted events: claiming ids, comparing repeats, listing the events of a customer."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ingest.domain.candidates import Candidate
from mandegar.database import Connection, ReadConnection, Row, WorkerConnection
from mandegar.events.orders import STAGES

# The types that claim an order for their customer.
SNAPSHOTS = sorted(STAGES)
# What the other fields of an event take in an answer, at most.
FIELDS_BYTES = 1_024


class Stored(NamedTuple):
    """The content of an accepted event.

    ``body`` is None once its customer was erased, or the shop no longer wanted it kept; of an erased customer, and in a
    history that was rebuilt, ``body_hash`` is empty as well. ``customer_id`` is who has it now, where that is asked.
    """

    body_hash: bytes
    body: bytes | None
    time: datetime | None = None
    recorded_time: datetime | None = None
    customer_id: str | None = None


class Inserted(NamedTuple):
    """The ids that were new, those of them whose events name an alias, and those that nobody may store.

    The last are events of erased customers; what was accepted before the erasure is among them.
    """

    new: frozenset[UUID]
    aliases: frozenset[UUID]
    suppressed: frozenset[UUID]


async def insert_events(connection: WorkerConnection, candidates: Sequence[Candidate]) -> Inserted:
    """Insert events, sorted by id, unless their customer was erased.

    A browser of an erased customer is somebody else's from when on another is identified on it. An event without a
    customer is one of an erased customer if everybody who claims its order was erased.
    """
    # Who was erased or is an alias is asked here, because statements of their own would cost each batch a round trip.
    rows = await connection.fetch(
        """
        WITH suppressed AS (
            SELECT event_id
            FROM unnest($1::uuid[], $2::text[], $6::text[], $7::text[], $8::timestamptz[])
                AS w(event_id, shop, customer_id, order_id, time)
            WHERE CASE WHEN w.customer_id IS NULL THEN (
                SELECT bool_and(c.erased_at IS NOT NULL)
                FROM events e LEFT JOIN customers c
                    ON c.shop = e.shop AND c.customer_id = coalesce(e.received_by, e.customer_id)
                WHERE e.shop = w.shop AND e.order_id = w.order_id AND e.order_id IS NOT NULL
                  AND e.published AND e.customer_id IS NOT NULL AND e.type = ANY($14::text[])
            ) ELSE EXISTS (
                SELECT FROM customers c
                WHERE c.shop = w.shop AND c.customer_id = w.customer_id AND c.erased_at IS NOT NULL
                  AND (c.merged_into IS NULL OR NOT EXISTS (
                    SELECT FROM browser_customers b
                    WHERE b.shop = c.shop AND b.browser_id = c.customer_id AND b.at <= w.time))
            ) END
        ), new AS (
        INSERT INTO events (event_id, shop, source_id, native_id, type, customer_id, order_id, time, recorded_time,
                            published, code, body, body_hash, of_browser)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::text[], $12::bytea[],
                             $13::bytea[], $15::boolean[]) AS w(event_id)
        WHERE event_id NOT IN (SELECT event_id FROM suppressed)
        ON CONFLICT (event_id) DO NOTHING
        RETURNING event_id, shop, customer_id
        )
        SELECT event_id, EXISTS (
            SELECT FROM customers c
            WHERE c.shop = new.shop AND c.customer_id = new.customer_id AND c.merged_into IS NOT NULL
        ) AS is_alias, false AS is_suppressed
        FROM new
        UNION ALL SELECT event_id, false, true FROM suppressed
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
        SNAPSHOTS,
        [candidate.source.trust == "browser" for candidate in candidates],
    )
    return Inserted(
        frozenset(row["event_id"] for row in rows if not row["is_suppressed"]),
        frozenset(row["event_id"] for row in rows if row["is_alias"]),
        frozenset(row["event_id"] for row in rows if row["is_suppressed"]),
    )


async def load_stored(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Stored]:
    """The accepted events among ``ids``."""
    rows = await connection.fetch(
        "SELECT event_id, body_hash, body, time, recorded_time FROM events WHERE event_id = ANY($1::uuid[])", list(ids)
    )
    return {row["event_id"]: Stored(*row[1:]) for row in rows}


async def mark_published(connection: WorkerConnection, ids: Sequence[UUID], customers: Sequence[str]) -> None:
    """Set the customers of events that waited for their order, and mark the events as published."""
    if not ids:
        return
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
    connection: ReadConnection,
    shop: str,
    customer_id: str,
    *,
    limit: int,
    before: tuple[datetime, UUID] | None,
    bytes_max: int,
    with_bodies: bool,
) -> list[Row]:
    """A page of the events of a customer and of their aliases, latest first; ``more`` if it is cut.

    It has at most ``bytes_max``, or one event.

    Bodies that do not fit are not read: the length of a value is in its header.
    """
    time, event_id = before or (None, None)
    return await connection.fetch(
        """
        WITH ids AS (
            SELECT $2::text AS id
            UNION ALL SELECT customer_id FROM customers WHERE shop = $1 AND merged_into = $2
        )
        SELECT event_id, customer_id, source_id, native_id, type, order_id, time, recorded_time, published, code, body,
               of_browser, more
        FROM (
            SELECT *, sum(size) OVER latest AS so_far, count(*) OVER () = $5 OR lead(size) OVER latest > 0 AS more
            FROM (
                SELECT event_id, customer_id, source_id, native_id, type, order_id, time, recorded_time, published,
                       code, of_browser,
                       CASE WHEN $7 THEN body END AS body,
                       $8 + octet_length(native_id) + coalesce(CASE WHEN $7 THEN octet_length(body) END, 0) AS size
                FROM ids CROSS JOIN LATERAL (
                    (SELECT * FROM events
                     WHERE shop = $1 AND customer_id = id AND received_by IS NULL
                       AND ($3::timestamptz IS NULL OR (time, event_id) < ($3, $4::uuid))
                     ORDER BY time DESC, event_id DESC LIMIT $5)
                    UNION ALL
                    (SELECT * FROM events
                     WHERE shop = $1 AND received_by = id
                       AND ($3::timestamptz IS NULL OR (time, event_id) < ($3, $4::uuid))
                     ORDER BY time DESC, event_id DESC LIMIT $5)
                ) each
                ORDER BY time DESC, event_id DESC
                LIMIT $5
            ) page
            WINDOW latest AS (ORDER BY time DESC, event_id DESC)
        ) sized
        WHERE so_far <= $6 OR so_far = size
        ORDER BY time DESC, event_id DESC
        """,
        shop,
        customer_id,
        time,
        event_id,
        limit,
        bytes_max,
        with_bodies,
        FIELDS_BYTES,
    )


async def any_event(connection: Connection, shop: str) -> bool:
    """Whether the shop has an event in the history."""
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM events WHERE shop = $1)", shop)
    return found
