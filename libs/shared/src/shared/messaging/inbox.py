"""Which events were applied: what makes a second delivery of the same event do nothing."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from shared.database import Connection
from shared.events import Event

KEPT = timedelta(days=90)


async def claim(connection: Connection, group: str, events: Sequence[Event]) -> set[UUID]:
    """Claim the ids of ``events``; those that nobody had claimed before. Only these may have effects."""
    ordered = sorted(events, key=lambda event: event.id)
    rows = await connection.fetch(
        """
        INSERT INTO inbox (consumer_group, event_id, recorded_time)
        SELECT $1, id, recorded_time FROM unnest($2::uuid[], $3::timestamptz[]) AS w(id, recorded_time)
        ON CONFLICT DO NOTHING
        RETURNING event_id
        """,
        group,
        [event.id for event in ordered],
        [event.recorded_time for event in ordered],
    )
    return {row["event_id"] for row in rows}
