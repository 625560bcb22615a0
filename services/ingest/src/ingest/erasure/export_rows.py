"""What an export shows of a customer besides rows that are theirs alone."""

from datetime import datetime
from uuid import UUID

from mandegar.database import Row, WorkerConnection
from mandegar.events import CustomerKey


async def next_events(
    connection: WorkerConnection, customer: CustomerKey, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """The next events of a customer in the history, oldest first: not what somebody else did in a shared browser."""
    time, event_id = after or (None, None)
    return await connection.fetch(
        """
        SELECT event_id, source_id, native_id AS id, type, customer_id, order_id, time, recorded_time, published, code,
            body
        FROM (
            (SELECT * FROM events
             WHERE shop = $1 AND customer_id = $2 AND received_by IS NULL
               AND ($3::timestamptz IS NULL OR (time, event_id) > ($3, $4::uuid))
             ORDER BY time, event_id LIMIT $5)
            UNION ALL
            (SELECT * FROM events
             WHERE shop = $1 AND received_by = $2
               AND ($3::timestamptz IS NULL OR (time, event_id) > ($3, $4::uuid))
             ORDER BY time, event_id LIMIT $5)
        ) theirs ORDER BY time, event_id LIMIT $5
        """,
        *customer,
        time,
        event_id,
        limit,
    )


async def next_quarantined(
    connection: WorkerConnection, customer: CustomerKey, after: UUID | None, limit: int
) -> list[Row]:
    """The next events in quarantine that name a customer: an account, or a guest or browser and no account."""
    return await connection.fetch(
        """
        SELECT id, source_id, native_id, code, detail, state, received_at, resolved_at, body FROM quarantine q
        WHERE shop = $1 AND names @> ARRAY[$2::text] AND ($3::uuid IS NULL OR id > $3) AND (
            left($2, 2) NOT IN ('g_', 'a_')
            OR NOT EXISTS (SELECT FROM unnest(q.names) AS name WHERE left(name, 2) NOT IN ('g_', 'a_')))
        ORDER BY id LIMIT $4
        """,
        *customer,
        after,
        limit,
    )
