"""Events behind which an export reads: what the doors accepted is in the history when they answer."""

from collections.abc import Collection
from uuid import UUID

from mandegar.database import Connection
from mandegar.lanes.inbox import claimed_among


async def applied_among(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """The events among ``ids`` that were accepted here, or that a consumer group has applied."""
    rows = await connection.fetch("SELECT event_id FROM events WHERE event_id = ANY($1::uuid[])", list(ids))
    return {row["event_id"] for row in rows} | await claimed_among(connection, ids)
