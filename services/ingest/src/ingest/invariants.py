"""What must hold in ingest's database at any moment. Each function counts the rows that break it."""

from collections.abc import Awaitable, Callable

from shared.database import Connection


async def _count(connection: Connection, sql: str) -> int:
    found: int = await connection.fetchval(f"SELECT count(*) FROM ({sql}) AS broken")  # noqa: S608  our own text
    return found


async def waiting_without_history(connection: Connection) -> int:
    """Whatever waits for its order stands in the history, unpublished."""
    return await _count(
        connection,
        """
        SELECT FROM waiting_refunds w LEFT JOIN events e USING (event_id)
        WHERE e.event_id IS NULL OR e.published OR e.customer_id IS NOT NULL
        """,
    )


async def waiting_although_known(connection: Connection) -> int:
    """Nothing waits for an order that is known."""
    return await _count(
        connection,
        """
        SELECT FROM waiting_refunds w JOIN events e ON e.shop = w.shop AND e.order_id = w.order_id
        WHERE e.published AND e.customer_id IS NOT NULL
        """,
    )


async def published_without_customer(connection: Connection) -> int:
    """Everything published about a customer names one."""
    return await _count(connection, "SELECT FROM events WHERE published AND customer_id IS NULL")


async def sources_with_too_many_keys(connection: Connection) -> int:
    """No source has more than two live keys."""
    return await _count(
        connection,
        "SELECT source_id FROM source_keys WHERE revoked_at IS NULL GROUP BY source_id HAVING count(*) > 2",
    )


INVARIANTS: tuple[Callable[[Connection], Awaitable[int]], ...] = (
    waiting_without_history,
    waiting_although_known,
    published_without_customer,
    sources_with_too_many_keys,
)
