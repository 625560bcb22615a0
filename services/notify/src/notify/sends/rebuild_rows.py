"""What a rebuild writes of sends: published decisions, and decisions about sends of which nothing was published."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.database import WorkerConnection, key_columns
from mandegar.events import CustomerKey
from notify.domain.send_states import State
from notify.sends.rows import SEND, Send


class Published(NamedTuple):
    """The published decision on a send."""

    send_id: UUID
    state: State
    reason: str | None
    attempt: int
    locale: str
    at: datetime
    address_id: str | None


async def reopen(connection: WorkerConnection, customers: Collection[CustomerKey]) -> None:
    """Make these customers' withheld sends ready again: whether they went out is published on notify's own topic."""
    await connection.execute(
        """
        UPDATE sends s SET state = 'ready', reason = NULL, decided_at = NULL
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        WHERE (s.shop, s.customer_id) = (w.shop, w.customer_id) AND s.state = 'withheld'
        """,
        *key_columns(customers),
    )


async def save_published(connection: WorkerConnection, published: Sequence[Published]) -> None:
    """Put sends where their latest published decision left them; an unknown one is looked up again."""
    await connection.execute(
        """
        UPDATE sends s SET state = w.state, reason = w.reason, attempt = w.attempt, decided_at = w.at,
            locale = nullif(w.locale, ''), address_id = w.address_id,
            check_at = CASE WHEN w.state = 'unknown' THEN w.at END,
            unknown_at = CASE WHEN w.state = 'unknown' THEN w.at END,
            attempted_at = CASE WHEN w.attempt > 0 THEN least(w.at, s.no_later_than - interval '1 microsecond') END
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[],
            $7::text[]) AS w(send_id, state, reason, attempt, locale, at, address_id)
        WHERE s.send_id = w.send_id AND (s.decided_at IS NULL OR s.decided_at <= w.at)
        """,
        *(list(column) for column in zip(*published, strict=True)),
    )


async def withhold_past(connection: WorkerConnection, now: datetime, limit: int) -> list[Send]:
    """Withhold sends of which nothing was published and whose deadline has passed; those withheld."""
    rows = await connection.fetch(
        f"""
        UPDATE sends SET state = 'withheld', reason = 'too_late', decided_at = $1
        WHERE send_id IN (SELECT send_id FROM sends WHERE state = 'ready' AND no_later_than <= $1 LIMIT $2)
        RETURNING {SEND}
        """,  # noqa: S608  the columns are ours
        now,
        limit,
    )
    return [Send(*row) for row in rows]


async def make_unknown(connection: WorkerConnection, now: datetime, limit: int) -> list[Send]:
    """Make sends unknown that may have gone out just before the database was lost; those made unknown."""
    rows = await connection.fetch(
        f"""
        UPDATE sends SET state = 'unknown', reason = 'rebuilt', decided_at = $1, check_at = $1, unknown_at = $1,
            attempt = greatest(attempt, 1), attempted_at = least($1, no_later_than - interval '1 microsecond')
        WHERE send_id IN (SELECT send_id FROM sends WHERE state = 'ready' LIMIT $2)
        RETURNING {SEND}
        """,  # noqa: S608  the columns are ours
        now,
        limit,
    )
    return [Send(*row) for row in rows]
