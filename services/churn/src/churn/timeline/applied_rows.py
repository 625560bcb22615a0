"""Events behind which reads of churn are answered: those that scores were computed with."""

from collections.abc import Collection
from uuid import UUID

from mandegar.database import Connection


async def applied_among(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """The events among ``ids`` that a consumer group other than that of the histories has applied, or refused.

    Both read the same events, and a history may be ahead of the score. It follows within moments.
    """
    rows = await connection.fetch(
        """
        SELECT DISTINCT i.event_id FROM inbox i
        WHERE i.event_id = ANY($1::uuid[]) AND i.consumer_group NOT LIKE '%.timeline'
          AND NOT EXISTS (
            SELECT FROM waiting_beside w
            WHERE w.event_id = i.event_id AND w.consumer_group NOT LIKE '%.timeline')
        """,
        list(ids),
    )
    return {row["event_id"] for row in rows}
