"""What was accepted before of what a file states, as the history has it."""

from collections.abc import Collection
from uuid import UUID

from ingest.hallway.rows.history import Stored
from mandegar.database import Connection


async def load_with_customers(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Stored]:
    """The accepted events among ``ids``, each with the customer who has it now."""
    rows = await connection.fetch(
        """
        SELECT e.event_id, e.body_hash, e.body, e.time, e.recorded_time,
            coalesce(e.received_by, c.merged_into, e.customer_id)
        FROM events e LEFT JOIN customers c ON c.shop = e.shop AND c.customer_id = e.customer_id
        WHERE e.event_id = ANY($1::uuid[])
        """,
        list(ids),
    )
    return {row["event_id"]: Stored(*row[1:]) for row in rows}


async def stored_among(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Which of the events were accepted."""
    rows = await connection.fetch("SELECT event_id FROM events WHERE event_id = ANY($1::uuid[])", list(ids))
    return {row["event_id"] for row in rows}


async def load_roots(connection: Connection, shop: str, customers: Collection[str]) -> dict[str, str]:
    """The roots of those of the customers who are aliases."""
    rows = await connection.fetch(
        """
        SELECT customer_id, merged_into FROM customers
        WHERE shop = $1 AND customer_id = ANY($2::text[]) AND merged_into IS NOT NULL
        """,
        shop,
        list(customers),
    )
    return {row["customer_id"]: row["merged_into"] for row in rows}
