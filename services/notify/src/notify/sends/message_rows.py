"""What routes read of sends: one customer's history, and counts of a whole shop."""

from uuid import UUID

from mandegar.database import Connection, Row
from mandegar.events import CustomerKey


async def list_messages(connection: Connection, key: CustomerKey, *, before: UUID | None, limit: int) -> list[Row]:
    """A customer's sends, newest first; ``before`` is the last id of the page above."""
    return await connection.fetch(
        """
        SELECT * FROM sends
        WHERE shop = $1 AND customer_id = $2 AND ($3::uuid IS NULL OR (created_at, send_id) < (
            SELECT created_at, send_id FROM sends WHERE shop = $1 AND customer_id = $2 AND send_id = $3))
        ORDER BY created_at DESC, send_id DESC LIMIT $4
        """,
        *key,
        before,
        limit,
    )


async def count_messages(connection: Connection, shop: str) -> list[Row]:
    """How many sends of a shop stand where, and why."""
    return await connection.fetch(
        """
        SELECT journey, channel, state, reason, count(*) AS messages FROM sends
        WHERE shop = $1 GROUP BY journey, channel, state, reason ORDER BY journey, channel, state, reason
        """,
        shop,
    )
