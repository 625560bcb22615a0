"""Reaching the customers of a shop with a new programme version: each of them becomes due when it begins."""

from datetime import datetime

from mandegar.database import Connection, Row


async def unfinished_programme(connection: Connection) -> Row | None:
    """A version that has not reached every customer, locked; one that another process works on is passed over."""
    return await connection.fetchrow(
        """
        SELECT shop, version, effective_from, recomputed_to FROM programmes
        WHERE recomputed_at IS NULL ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )


async def make_due(connection: Connection, shop: str, after: str, effective_from: datetime, limit: int) -> str | None:
    """Let the next ``limit`` customers of ``shop`` be due by ``effective_from``; the last id, None behind the last."""
    rows = await connection.fetch(
        """
        SELECT customer_id FROM customers
        WHERE shop = $1 AND customer_id COLLATE "C" > $2
        ORDER BY customer_id COLLATE "C" LIMIT $3 FOR UPDATE
        """,
        shop,
        after,
        limit,
    )
    ids = [row["customer_id"] for row in rows]
    await connection.execute(
        """
        UPDATE customers SET due_at = least(due_at, $3)
        WHERE shop = $1 AND customer_id = ANY($2::text[]) AND settled_at IS NOT NULL
        """,
        shop,
        ids,
        effective_from,
    )
    return ids[-1] if len(ids) == limit else None


async def record_progress(connection: Connection, shop: str, version: int, *, to: str | None, now: datetime) -> None:
    """Remember how far a version came; None: to everybody."""
    await connection.execute(
        """
        UPDATE programmes SET
            recomputed_to = coalesce($3, recomputed_to),
            recomputed_at = CASE WHEN $3::text IS NULL THEN $4::timestamptz END
        WHERE shop = $1 AND version = $2
        """,
        shop,
        version,
        to,
        now,
    )
