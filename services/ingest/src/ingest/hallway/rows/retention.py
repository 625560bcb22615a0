"""Deleting what has expired, shop by shop along an index, and a bounded number at a time."""

from datetime import datetime

from mandegar.database import WorkerConnection

DELETE_LIMIT = 1_000


async def delete_quarantined(connection: WorkerConnection, now: datetime, days: int) -> int:
    """Delete entries that are older than their shop keeps them, or than ``days``; returns how many."""
    count: int = await connection.fetchval(
        """
        WITH old AS (
            SELECT q.id FROM shops s LEFT JOIN shop_limits l USING (shop)
            CROSS JOIN LATERAL (
                SELECT id FROM quarantine
                WHERE shop = s.shop AND state = ANY('{open,released,dropped}'::text[])
                  AND received_at < $1::timestamptz - make_interval(days => coalesce(l.quarantine_days, $2::int))
                LIMIT $3
            ) q LIMIT $3
        ), gone AS (DELETE FROM quarantine q USING old WHERE q.id = old.id RETURNING 1)
        SELECT count(*) FROM gone
        """,
        now,
        days,
        DELETE_LIMIT,
    )
    return count


async def delete_bodies(connection: WorkerConnection, now: datetime) -> int:
    """Delete bodies that are older than their shop keeps them; returns how many.

    The event stays, with the hash of its body: it is the deduplication.
    """
    count: int = await connection.fetchval(
        """
        WITH old AS (
            SELECT e.event_id FROM shop_limits l
            CROSS JOIN LATERAL (
                SELECT event_id FROM events
                WHERE shop = l.shop AND body IS NOT NULL
                  AND recorded_time < $1::timestamptz - make_interval(days => l.body_days)
                ORDER BY recorded_time LIMIT $2
            ) e WHERE l.body_days IS NOT NULL LIMIT $2
        ), emptied AS (UPDATE events e SET body = NULL FROM old WHERE e.event_id = old.event_id RETURNING 1)
        SELECT count(*) FROM emptied
        """,
        now,
        DELETE_LIMIT,
    )
    return count


async def delete_visit_bodies(connection: WorkerConnection, now: datetime, days: int) -> int:
    """Delete bodies of browser sources after ``days``, unless their shop keeps bodies for a time of its own.

    Anybody can send such events, with a key that stands in a page. Returns how many.
    """
    count: int = await connection.fetchval(
        """
        WITH old AS (
            SELECT e.event_id FROM shops s LEFT JOIN shop_limits l USING (shop)
            CROSS JOIN LATERAL (
                SELECT event_id FROM events
                WHERE shop = s.shop AND body IS NOT NULL AND of_browser
                  AND recorded_time < $1::timestamptz - make_interval(days => $2::int)
                ORDER BY recorded_time LIMIT $3
            ) e WHERE l.body_days IS NULL LIMIT $3
        ), emptied AS (UPDATE events e SET body = NULL FROM old WHERE e.event_id = old.event_id RETURNING 1)
        SELECT count(*) FROM emptied
        """,
        now,
        days,
        DELETE_LIMIT,
    )
    return count
