"""How much each source sends in each hour, and which have gone silent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ingest.domain.silence import WEEKS
from mandegar.database import Connection, Row, WorkerConnection


async def take_turn(connection: WorkerConnection, now: datetime) -> datetime | None:
    """Up to when events have been counted, locked until the transaction ends; None if another process counts."""
    await connection.execute("INSERT INTO rhythm (one, counted_until) VALUES (true, $1) ON CONFLICT DO NOTHING", now)
    until: datetime | None = await connection.fetchval("SELECT counted_until FROM rhythm FOR UPDATE SKIP LOCKED")
    return until


async def count_hours(connection: WorkerConnection, since: datetime, until: datetime) -> None:
    """Add the events that were accepted in between to the hours of their sources: a range of an index for each shop."""
    await connection.execute(
        """
        INSERT INTO source_hours (source_id, hour, shop, events)
        SELECT e.source_id, date_trunc('hour', e.recorded_time, 'UTC'), s.shop, count(*)
        FROM shops s CROSS JOIN LATERAL (
            SELECT source_id, recorded_time FROM events
            WHERE shop = s.shop AND body IS NOT NULL AND recorded_time >= $1 AND recorded_time < $2
        ) e
        GROUP BY 1, 2, 3
        ON CONFLICT (source_id, hour) DO UPDATE SET events = source_hours.events + excluded.events
        """,
        since,
        until,
    )
    await connection.execute("UPDATE rhythm SET counted_until = $1", until)


async def quiet_sources(connection: WorkerConnection, hour: datetime) -> list[Row]:
    """The open sources of which nothing was accepted in the whole ``hour``, nor in those before since ``last``.

    ``weeks`` has what came in the same stretch, or its first week, of each earlier week in which the source was there.
    """
    return await connection.fetch(
        """
        SELECT s.id, s.silent_since, last.hour AS last, ARRAY(
            SELECT coalesce((
                SELECT sum(events)::bigint FROM source_hours h
                WHERE h.source_id = s.id AND h.hour > last.hour - k * interval '168 hours'
                  AND h.hour <= least(last.hour + interval '168 hours', $1::timestamptz) - k * interval '168 hours'
            ), 0) FROM generate_series(1, $2::int) k WHERE first.hour <= last.hour - k * interval '168 hours' ORDER BY k
        ) AS weeks
        FROM sources s
        CROSS JOIN LATERAL (SELECT hour FROM source_hours WHERE source_id = s.id ORDER BY hour DESC LIMIT 1) last
        CROSS JOIN LATERAL (SELECT hour FROM source_hours WHERE source_id = s.id ORDER BY hour LIMIT 1) first
        WHERE s.closed_at IS NULL AND NOT s.historical AND last.hour < $1
        """,
        hour,
        WEEKS,
    )


async def set_silent(connection: WorkerConnection, since: Mapping[str, datetime]) -> None:
    """Note which sources are silent since when; no others are."""
    await connection.execute(
        """
        UPDATE sources s SET silent_since = w.since
        FROM (
            SELECT id, since
            FROM unnest($1::text[], $2::timestamptz[]) AS silent(id, since)
            FULL JOIN (SELECT id FROM sources WHERE silent_since IS NOT NULL) before USING (id)
        ) w
        WHERE s.id = w.id AND s.silent_since IS DISTINCT FROM w.since
        """,
        list(since),
        list(since.values()),
    )


async def count_silent(connection: Connection) -> int:
    """The sources that are silent."""
    count: int = await connection.fetchval("SELECT count(*) FROM sources WHERE silent_since IS NOT NULL")
    return count


async def delete_hours(connection: WorkerConnection, now: datetime, limit: int) -> int:
    """Delete hours that no rhythm needs any more; returns how many."""
    count: int = await connection.fetchval(
        """
        WITH old AS (SELECT source_id, hour FROM source_hours WHERE hour < $1 LIMIT $2),
        gone AS (DELETE FROM source_hours h USING old o WHERE (h.source_id, h.hour) = (o.source_id, o.hour) RETURNING 1)
        SELECT count(*) FROM gone
        """,
        now - timedelta(weeks=WEEKS + 3),
        limit,
    )
    return count
