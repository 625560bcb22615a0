"""The inbox: the ids of applied events, by which repeated deliveries are recognised."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mandegar.database import Connection, WorkerConnection
from mandegar.events import Event

RETENTION = timedelta(days=90)
DELETE_LIMIT = 10_000


class Claims(NamedTuple):
    """``repeated`` are ids that were claimed before: their events must not be applied. ``beside`` says whether any
    customer's events wait for the lane beside."""

    repeated: set[UUID]
    beside: bool


async def claim(connection: WorkerConnection, group: str, events: Iterable[Event]) -> Claims:
    """Claim the ids of ``events``, which must differ.

    Whoever sets a customer's events aside holds the row of the offset until the commit, as does the caller: what the
    same statement sees of the lane beside is exact for the customers of the partition.
    """
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
        UNION ALL
        SELECT NULL WHERE EXISTS (SELECT FROM waiting_beside)
        """,
        group,
        [event.id for event in ordered],
        [event.recorded_time for event in ordered],
    )
    repeated = {row["id"] for row in rows}
    beside = None in repeated
    repeated.discard(None)
    return Claims(repeated, beside)


async def claimed_among(connection: Connection, ids: Collection[UUID], *, besides: str | None = None) -> set[UUID]:
    """The events among ``ids`` that a consumer group of this service has claimed, and that wait for none of its lanes:
    they were applied, or are dead letters.

    What the group ``besides`` (the name that ``Read`` gives it) has heard of does not count.
    """
    rows = await connection.fetch(
        """
        SELECT DISTINCT i.event_id FROM inbox i
        WHERE i.event_id = ANY($1::uuid[]) AND ($2::text IS NULL OR i.consumer_group NOT LIKE '%.' || $2)
          AND NOT EXISTS (
            SELECT FROM waiting_beside w
            WHERE w.event_id = i.event_id AND ($2::text IS NULL OR w.consumer_group NOT LIKE '%.' || $2))
        """,
        list(ids),
        besides,
    )
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
