"""``python -m <service> republish``: what was published goes into the outbox again, in its order.

It heals a broker that lost its disk; whoever has applied it already knows it by its id.
"""

from datetime import datetime

from mandegar.database import WorkerConnection, transaction
from mandegar.service.context import Context
from mandegar.service.progress import progress

ROWS_AT_ONCE = 5_000


async def republish(context: Context, since: datetime) -> int:
    """Queue everything published ``since`` again, in id order; how many rows. The relay of the service sends them."""
    async with transaction(context.worker) as connection:
        # Rows that the relay publishes meanwhile are not taken once more; both instants are the database's.
        until: datetime = await connection.fetchval("SELECT now()")
        total: int = await connection.fetchval(
            "SELECT count(*) FROM outbox_published WHERE published_at >= $1 AND published_at < $2", since, until
        )
    queued = 0
    with progress(f"{context.name} rows queued again") as bar:
        while some := await _queue_some(context, since, until):
            queued += some
            bar.update(queued, max(total, queued))
    return queued


async def _queue_some(context: Context, since: datetime, until: datetime) -> int:
    async with transaction(context.worker) as connection:
        return await queue_again(connection, since, until, ROWS_AT_ONCE)


async def queue_again(connection: WorkerConnection, since: datetime, until: datetime, limit: int) -> int:
    """Move the first rows published between two instants back into the outbox; how many there were."""
    moved: int = await connection.fetchval(
        """
        WITH again AS (
            DELETE FROM outbox_published p USING (
                SELECT id, published_at FROM outbox_published
                WHERE published_at >= $1 AND published_at < $2 ORDER BY id LIMIT $3
            ) AS w
            WHERE p.id = w.id AND p.published_at = w.published_at
            RETURNING p.id, p.topic, p.hash, p.key, p.value
        ), queued AS (
            INSERT INTO outbox (topic, hash, key, value)
            SELECT topic, hash, key, value FROM again ORDER BY id RETURNING 1
        )
        SELECT count(*) FROM queued
        """,
        since,
        until,
        limit,
    )
    return moved
