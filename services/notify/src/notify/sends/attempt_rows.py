"""Attempts: each write is fenced by state and attempt, so that a late answer changes nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.database import WorkerConnection
from notify.domain.consent import ChannelName
from notify.domain.send_states import State
from notify.sends.rows import SEND, Send


class Result(NamedTuple):
    """The new state of a send after an attempt or a look-up. ``next_at`` is the next attempt, or the next look-up."""

    send_id: UUID
    attempt: int
    state: State
    reason: str | None
    provider_ref: str | None
    next_at: datetime | None


class Unknown(NamedTuple):
    """A send whose provider's answer was lost at ``decided_at``."""

    send_id: UUID
    attempt: int
    channel: ChannelName
    no_later_than: datetime
    decided_at: datetime


async def record_result(connection: WorkerConnection, result: Result, was: State, now: datetime) -> Send | None:
    """Move a send on from the state ``was``; None if another attempt or another worker has moved it already."""
    row = await connection.fetchrow(
        f"""
        UPDATE sends SET state = $4, reason = $5, provider_ref = coalesce($6, provider_ref), lease_until = NULL,
            decided_at = CASE WHEN $4 = 'ready' THEN NULL ELSE $8::timestamptz END,
            not_before = CASE WHEN $4 = 'ready' THEN coalesce($7, $8) ELSE not_before END,
            check_at = CASE WHEN $4 = 'unknown' THEN $7::timestamptz END,
            unknown_at = CASE WHEN $4 = 'unknown' THEN coalesce(unknown_at, $8) ELSE unknown_at END
        WHERE send_id = $1 AND attempt = $2 AND state = $3
        RETURNING {SEND}
        """,  # noqa: S608  the columns are ours
        result.send_id,
        result.attempt,
        was,
        result.state,
        result.reason,
        result.provider_ref,
        result.next_at,
        now,
    )
    return None if row is None else Send(*row)


async def release(connection: WorkerConnection, claims: Sequence[tuple[UUID, int]]) -> None:
    """Give back claimed (send id, attempt) whose provider was not called."""
    await connection.execute(
        """
        UPDATE sends s SET state = 'ready', lease_until = NULL, attempted_at = NULL
        FROM unnest($1::uuid[], $2::int[]) AS w(send_id, attempt)
        WHERE s.send_id = w.send_id AND s.attempt = w.attempt AND s.state = 'sending'
        """,
        [send_id for send_id, _ in claims],
        [attempt for _, attempt in claims],
    )


async def expire_leases(connection: WorkerConnection, now: datetime, limit: int) -> list[Send]:
    """Sends whose lease has expired: the provider may have been called or not, so they become unknown."""
    rows = await connection.fetch(
        f"""
        UPDATE sends SET state = 'unknown', reason = 'worker_lost', decided_at = $1, check_at = $1, lease_until = NULL,
            unknown_at = coalesce(unknown_at, $1)
        WHERE state = 'sending' AND send_id IN (
            SELECT send_id FROM sends WHERE state = 'sending' AND lease_until < clock_timestamp()
            LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        RETURNING {SEND}
        """,  # noqa: S608  the columns are ours
        now,
        limit,
    )
    return [Send(*row) for row in rows]


async def load_unknown(
    connection: WorkerConnection, channels: Collection[ChannelName], now: datetime, limit: int
) -> list[Unknown]:
    """Unknown sends of these channels whose look-up is due."""
    rows = await connection.fetch(
        """
        SELECT send_id, attempt, channel, no_later_than, decided_at FROM sends
        WHERE state = 'unknown' AND check_at <= $2 AND channel = ANY($1::text[]) ORDER BY check_at LIMIT $3
        """,
        list(channels),
        now,
        limit,
    )
    return [Unknown(*row) for row in rows]


async def put_off_lookup(connection: WorkerConnection, unknown: Unknown, check_at: datetime | None) -> None:
    """Look an unknown send up again at ``check_at``, or (None) never."""
    await connection.execute(
        "UPDATE sends SET check_at = $3 WHERE send_id = $1 AND attempt = $2 AND state = 'unknown'",
        unknown.send_id,
        unknown.attempt,
        check_at,
    )
