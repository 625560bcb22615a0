"""``python -m <service> republish``: moves published rows back into the outbox, in their order.

For a broker that lost its disk. Consumers skip the events that they have applied, by their ids.
"""

from datetime import datetime

from mandegar.database import WorkerConnection, transaction
from mandegar.service.context import Context
from mandegar.service.progress import progress

ROWS_AT_ONCE = 5_000


async def republish(context: Context, since: datetime) -> int:
    """Queue all rows published ``since`` an instant again, in id order, for the relay; returns their number."""
    async with transaction(context.worker) as connection:
        # The upper bound excludes rows that the relay publishes meanwhile. Both times are of the database's clock.
        until: datetime = await connection.fetchval("SELECT now()")
        total: int = await connection.fetchval(
            "SELECT count(*) FROM outbox_published WHERE published_at >= $1 AND published_at < $2", since, until
        )
    queued = 0
    with progress(f"{context.name} rows to publish again") as bar:
        while some := await _queue_some(context, since, until):
            queued += some
            bar.update(queued, max(total, queued))
    return queued


async def _queue_some(context: Context, since: datetime, until: datetime) -> int:
    async with transaction(context.worker) as connection:
        return await queue_again(connection, since, until, ROWS_AT_ONCE)


async def queue_again(connection: WorkerConnection, since: datetime, until: datetime, limit: int) -> int:
    """Move the first ``limit`` rows published between two instants back into the outbox; returns their number."""
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
