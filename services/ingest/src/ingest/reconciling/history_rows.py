"""What the history and the quarantine have of orders."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from ingest.hallway.rows.history import SNAPSHOTS
from ingest.reconciling.file_rows import Compared
from mandegar.database import Connection, Row, WorkerConnection


async def sizes_of(connection: Connection, shop: str, order_ids: Collection[str]) -> list[Row]:
    """The number of events of each order, and the bytes of their bodies."""
    return await connection.fetch(
        """
        SELECT order_id, count(*) AS events, coalesce(sum(octet_length(body)), 0)::bigint AS bytes FROM events
        WHERE shop = $1 AND order_id = ANY($2::text[]) AND order_id IS NOT NULL GROUP BY order_id
        """,
        shop,
        list(order_ids),
    )


async def load_order_events(
    connection: Connection, shop: str, order_ids: Collection[str], readable: Collection[str]
) -> list[Row]:
    """The events of orders, with their bodies if the order is ``readable``.

    Of an event that may move to another customer the published form is held, too.
    """
    return await connection.fetch(
        """
        SELECT e.order_id, e.event_id, e.source_id, e.native_id, e.type, e.time, e.recorded_time, e.published, e.code,
            coalesce(e.received_by, e.customer_id) AS holder,
            CASE WHEN e.order_id = ANY($3::text[]) THEN e.body END AS body,
            CASE WHEN e.body IS NULL THEN u.event END AS held
        FROM events e LEFT JOIN unclaimed_order_events u USING (event_id)
        WHERE e.shop = $1 AND e.order_id = ANY($2::text[]) AND e.order_id IS NOT NULL
        ORDER BY e.order_id, e.time, e.event_id
        """,
        shop,
        list(order_ids),
        list(readable),
    )


async def find_published(connection: Connection, shop: str, order_ids: Collection[str]) -> set[str]:
    """Those of the orders with a snapshot that was published."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT order_id FROM events
        WHERE shop = $1 AND order_id = ANY($2::text[]) AND order_id IS NOT NULL AND published
          AND type = ANY($3::text[])
        """,
        shop,
        list(order_ids),
        SNAPSHOTS,
    )
    return {row["order_id"] for row in rows}


async def end_of_page(connection: Connection, shop: str, after: str, events: int) -> str | None:
    """The last order id of the next page of the history by order id; None behind the last one."""
    found: str | None = await connection.fetchval(
        """
        SELECT max(order_id) FROM (
            SELECT order_id FROM events WHERE shop = $1 AND order_id IS NOT NULL AND order_id > $2
            ORDER BY order_id LIMIT $3
        ) page
        """,
        shop,
        after,
        events,
    )
    return found


async def find_extras(
    connection: Connection,
    shop: str,
    id_: UUID,
    *,
    after: str,
    until: str,
    began: datetime | None,
    ended: datetime | None,
) -> list[str]:
    """Orders behind ``after`` up to ``until`` with a published first snapshot in the period that no row names."""
    rows = await connection.fetch(
        """
        SELECT e.order_id FROM events e
        WHERE e.shop = $1 AND e.order_id IS NOT NULL AND e.order_id > $3 AND e.order_id <= $4
          AND e.published AND e.type = ANY($7::text[]) AND (e.body IS NOT NULL OR e.native_id <> '')
          AND NOT EXISTS (
            SELECT FROM reconciliation_rows r
            WHERE r.reconciliation_id = $2 AND r.order_id = e.order_id AND r.order_id IS NOT NULL)
        GROUP BY e.order_id
        HAVING ($5::timestamptz IS NULL OR min(e.time) >= $5) AND ($6::timestamptz IS NULL OR min(e.time) <= $6)
        ORDER BY e.order_id
        """,
        shop,
        id_,
        after,
        until,
        began,
        ended,
        SNAPSHOTS,
    )
    return [row["order_id"] for row in rows]


async def insert_extras(
    connection: WorkerConnection, shop: str, id_: UUID, extras: Sequence[tuple[str, str | None, Compared]]
) -> None:
    """Store orders that the file does not have: the id, who has it, and what it comes to."""
    if not extras:
        return
    await connection.execute(
        """
        INSERT INTO reconciliation_extras
            (reconciliation_id, shop, order_id, customer_id, cause, our_total, our_refunded, our_time)
        SELECT $1, $2, w.order_id, CASE WHEN c.erased_at IS NULL THEN w.customer_id END, w.cause, w.our_total,
            w.our_refunded, w.our_time
        FROM unnest($3::text[], $4::text[], $5::text[], $6::numeric[], $7::numeric[], $8::timestamptz[])
            AS w(order_id, customer_id, cause, our_total, our_refunded, our_time)
        LEFT JOIN customers c ON c.shop = $2 AND c.customer_id = w.customer_id
        ON CONFLICT (reconciliation_id, order_id) DO NOTHING
        """,
        id_,
        shop,
        [order_id for order_id, _, _ in extras],
        [customer for _, customer, _ in extras],
        *(
            [getattr(each, field) for _, _, each in extras]
            for field in ("cause", "our_total", "our_refunded", "our_time")
        ),
    )


async def delete_extras(connection: WorkerConnection, id_: UUID, limit: int) -> bool:
    """Delete up to ``limit`` orders of an earlier comparison; whether there may be more."""
    count: int = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM reconciliation_extras WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM reconciliation_extras WHERE reconciliation_id = $1 LIMIT $2)) RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        id_,
        limit,
    )
    return count == limit


async def list_extras(
    connection: Connection, shop: str, id_: UUID, *, cause: str | None, after: str, limit: int
) -> list[Row]:
    """A page of the orders that the file does not have, by id."""
    return await connection.fetch(
        """
        SELECT * FROM reconciliation_extras
        WHERE shop = $1 AND reconciliation_id = $2 AND order_id > $3 AND ($4::text IS NULL OR cause = $4)
        ORDER BY order_id LIMIT $5
        """,
        shop,
        id_,
        after,
        cause,
        limit,
    )


async def next_quarantined(
    connection: Connection, shop: str, *, after: tuple[datetime, UUID] | None, limit: int, bytes_max: int
) -> list[Row]:
    """The next open events in quarantine, oldest first; bodies that are too large for an event are null."""
    received_at, id_ = after or (None, None)
    return await connection.fetch(
        """
        SELECT id, received_at, code, CASE WHEN octet_length(body) <= $5 THEN body END AS body FROM quarantine
        WHERE shop = $1 AND state = 'open' AND ($2::timestamptz IS NULL OR (received_at, id) > ($2, $3::uuid))
        ORDER BY received_at, id LIMIT $4
        """,
        shop,
        received_at,
        id_,
        limit,
        bytes_max,
    )
