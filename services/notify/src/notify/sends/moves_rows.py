"""Marks sends about a stage, lifecycle or segment that the customer has left."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from mandegar.database import WorkerConnection


class MovedOn(NamedTuple):
    """That a customer has left what sends of a cause are about: those started under ``under``, or all (None).

    Of segments ``value`` is the one that was left. Of stages and lifecycles it is the one that the customer is in since
    ``version``; of those won back, who are at risk again, it is empty.
    """

    shop: str
    customer_id: str
    under: str | None
    cause_type: str
    value: str
    version: int


async def end_moved(connection: WorkerConnection, moves: Sequence[MovedOn], since: Sequence[UUID]) -> list[UUID]:
    """Mark undecided sends that are over, but for those that events ``since`` have caused; the ids of those that wait.

    The mark holds for those in the hands of a worker, too, should they be tried again.
    """
    rows = await connection.fetch(
        """
        UPDATE sends s SET payload = s.payload || '{"moved_on": true}'
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
            AS w(shop, customer_id, under, cause_type, value, version)
        WHERE s.shop = w.shop AND s.customer_id = w.customer_id AND s.cause_type = w.cause_type
            AND s.state IN ('ready', 'sending', 'unknown')
            AND (w.under IS NULL OR coalesce(s.started_as, s.customer_id) = w.under)
            AND CASE s.cause_type
                WHEN 'segment.entered' THEN s.payload ->> 'segment' = w.value AND s.cause_id <> ALL($7::uuid[])
                WHEN 'stage.changed' THEN s.payload ->> 'stage' <> w.value
                    AND (s.payload ->> 'version')::bigint < w.version
                WHEN 'lifecycle.changed' THEN s.payload ->> 'lifecycle' <> w.value
                    AND (s.payload ->> 'version')::bigint < w.version
                ELSE (s.payload ->> 'version')::bigint < w.version END
        RETURNING s.send_id, s.state
        """,
        *(list(column) for column in zip(*moves, strict=True)),
        list(since),
    )
    return [row["send_id"] for row in rows if row["state"] == "ready"]
