"""Repairs, and how far they are."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.database import Connection, ReadConnection, Row, WorkerConnection


class Progress(NamedTuple):
    """What a repair has done so far; ``remaining`` counts what is still in quarantine by code."""

    tried: int
    accepted: int
    duplicates: int
    remaining: Mapping[str, int]


async def insert_repair(
    connection: WorkerConnection,
    shop: str,
    group_id: UUID,
    repair_id: UUID,
    *,
    source_id: str,
    steps: str,
    events: int,
    now: datetime,
) -> Row | None:
    """Begin a repair; None if another one of the group runs."""
    return await connection.fetchrow(
        """
        INSERT INTO repairs (id, shop, group_id, source_id, steps, events, started_at, moved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (shop, group_id) WHERE state = 'running' DO NOTHING RETURNING *
        """,
        repair_id,
        shop,
        group_id,
        source_id,
        steps,
        events,
        now,
    )


async def running_repair(connection: WorkerConnection, shop: str, group_id: UUID) -> Row | None:
    """The repair of the group that runs."""
    return await connection.fetchrow(
        "SELECT * FROM repairs WHERE shop = $1 AND group_id = $2 AND state = 'running'", shop, group_id
    )


async def get_repair(connection: Connection, shop: str, repair_id: UUID) -> Row | None:
    """A repair of the shop."""
    return await connection.fetchrow("SELECT * FROM repairs WHERE shop = $1 AND id = $2", shop, repair_id)


async def list_repairs(
    connection: ReadConnection, shop: str, *, limit: int, before: tuple[datetime, UUID] | None
) -> list[Row]:
    """A page of repairs, newest first."""
    started_at, id_ = before or (None, None)
    return await connection.fetch(
        """
        SELECT * FROM repairs
        WHERE shop = $1 AND ($2::timestamptz IS NULL OR (started_at, id) < ($2, $3::uuid))
        ORDER BY started_at DESC, id DESC LIMIT $4
        """,
        shop,
        started_at,
        id_,
        limit,
    )


async def take_repair(connection: WorkerConnection) -> Row | None:
    """Lock the running repair that has waited longest and that no other process carries on."""
    return await connection.fetchrow(
        "SELECT * FROM repairs WHERE state = 'running' ORDER BY moved_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    )


async def move_repair(
    connection: WorkerConnection, repair_id: UUID, progress: Progress, until: tuple[datetime, UUID], now: datetime
) -> None:
    """Note what a repair has done, and up to where it has tried."""
    await connection.execute(
        """
        UPDATE repairs SET tried = $2, accepted = $3, duplicates = $4, remaining = $5, tried_until = $6,
                           tried_until_id = $7, moved_at = $8
        WHERE id = $1
        """,
        repair_id,
        progress.tried,
        progress.accepted,
        progress.duplicates,
        json.dumps(progress.remaining, sort_keys=True),
        *until,
        now,
    )


async def end_repair(connection: WorkerConnection, repair_id: UUID, state: str, now: datetime) -> Row | None:
    """Finish or stop a repair; None if it does not run."""
    return await connection.fetchrow(
        "UPDATE repairs SET state = $2, finished_at = $3 WHERE id = $1 AND state = 'running' RETURNING *",
        repair_id,
        state,
        now,
    )


async def lock_repair(connection: WorkerConnection, shop: str, repair_id: UUID) -> Row | None:
    """A repair of the shop, once the step that it is at has been committed."""
    return await connection.fetchrow("SELECT * FROM repairs WHERE shop = $1 AND id = $2 FOR UPDATE", shop, repair_id)


async def delete_repairs(connection: WorkerConnection, before: datetime, limit: int) -> int:
    """Delete repairs that ended before; returns how many."""
    count: int = await connection.fetchval(
        """
        WITH old AS (SELECT id FROM repairs WHERE finished_at < $1 LIMIT $2),
        gone AS (DELETE FROM repairs r USING old WHERE r.id = old.id RETURNING 1)
        SELECT count(*) FROM gone
        """,
        before,
        limit,
    )
    return count


def progress_of(repair: Row) -> Progress:
    """What a repair has done so far."""
    remaining = Counter(json.loads(repair["remaining"]))
    return Progress(repair["tried"], repair["accepted"], repair["duplicates"], remaining)
