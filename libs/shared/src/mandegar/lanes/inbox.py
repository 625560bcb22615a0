"""The inbox: the ids of applied events, by which repeated deliveries are recognised."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from mandegar.database import Connection, WorkerConnection
from mandegar.events import Event

RETENTION = timedelta(days=90)
DELETE_LIMIT = 10_000


async def claim(connection: WorkerConnection, group: str, events: Iterable[Event]) -> set[UUID]:
    """Claim the ids of ``events``, which must differ; returns those claimed before: these must not be applied."""
    ordered = sorted(events, key=_number)
    rows = await connection.fetch(
        """
        WITH wanted AS (SELECT * FROM unnest($2::uuid[], $3::timestamptz[]) AS w(id, recorded_time)),
        claimed AS (
            INSERT INTO inbox (consumer_group, event_id, recorded_time)
            SELECT $1, id, recorded_time FROM wanted
            ON CONFLICT DO NOTHING
            RETURNING event_id
        )
        SELECT id FROM wanted WHERE id NOT IN (SELECT event_id FROM claimed)
        """,
        group,
        [event.id for event in ordered],
        [event.recorded_time for event in ordered],
    )
    return {row["id"] for row in rows}


async def claimed_among(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """The events among ``ids`` that a consumer group of this service has claimed: applied or set aside."""
    rows = await connection.fetch("SELECT DISTINCT event_id FROM inbox WHERE event_id = ANY($1::uuid[])", list(ids))
    return {row["event_id"] for row in rows}


async def delete_claims(connection: WorkerConnection, before: datetime) -> int:
    """Delete at most ``DELETE_LIMIT`` claims of events recorded before an instant; returns how many it deleted."""
    rows = await connection.fetch(
        """
        DELETE FROM inbox WHERE ctid = ANY(ARRAY(SELECT ctid FROM inbox WHERE recorded_time < $1 LIMIT $2)) RETURNING 1
        """,
        before,
        DELETE_LIMIT,
    )
    return len(rows)


def _number(event: Event) -> int:
    return event.id.int
