"""Rows of replays."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from mandegar.database import Connection, Row, ShopConnection, WorkerConnection, WriteConnection

LEASE_SECONDS = 15
# A replay that ended its process so many times is given up.
ATTEMPTS = 3
# What a replay is for. Somebody waits for what is guarded; nobody for a shadow.
GUARD, ASKED, SHADOW = PURPOSES = ("guard", "asked", "shadow")
_ORDER = ", ".join(f"'{purpose}'" for purpose in PURPOSES)
_RUNNING = "status = 'running' AND shop = $1 AND replay_id = $2 AND attempt = $3"


class Job(NamedTuple):
    """A replay that this process computes, and the number of its attempt, by which it is known to be still ours."""

    shop: str
    replay_id: UUID
    attempt: int
    request: str


class NewReplay(NamedTuple):
    """What is asked of a replay, as JSON, and for which purpose."""

    shop: str
    replay_id: UUID
    purpose: str
    request: str
    created_at: datetime


async def insert_replay(connection: WriteConnection, new: NewReplay) -> None:
    """Store what is asked; it waits for its turn."""
    await connection.execute(
        "INSERT INTO replays (shop, replay_id, purpose, request, status, created_at)"
        " VALUES ($1, $2, $3, $4, 'waiting', $5)",
        *new,
    )


async def open_replays(connection: Connection, shop: str, purpose: str) -> int:
    """How many replays of a shop for a purpose wait or are computed."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM replays WHERE shop = $1 AND purpose = $2 AND status IN ('waiting', 'running')",
        shop,
        purpose,
    )
    return number


async def replay_row(connection: Connection, shop: str, replay_id: UUID) -> Row | None:
    """A replay without its plots."""
    return await connection.fetchrow(
        """
        SELECT replay_id, request, status, created_at, started_at, finished_at, doing, done, total, failure, result
        FROM replays WHERE shop = $1 AND replay_id = $2
        """,
        shop,
        replay_id,
    )


async def plots_of(connection: Connection, shop: str, replay_id: UUID) -> str | None:
    """The plots of a finished replay, as JSON."""
    plots: str | None = await connection.fetchval(
        "SELECT plots FROM replays WHERE shop = $1 AND replay_id = $2", shop, replay_id
    )
    return plots


async def changed_customers(connection: Connection, shop: str, replay_id: UUID) -> list[Row]:
    """The customers for whom most would have changed, the largest difference first."""
    return await connection.fetch(
        """
        SELECT customer_id, before, after, after - before AS difference FROM replay_customers
        WHERE shop = $1 AND replay_id = $2 ORDER BY abs(after - before) DESC, customer_id COLLATE "C"
        """,
        shop,
        replay_id,
    )


async def cancel(connection: ShopConnection, shop: str, replay_id: UUID, now: datetime) -> None:
    """Cancel a replay that is not finished."""
    await connection.execute(
        """
        UPDATE replays SET status = 'cancelled', finished_at = $3
        WHERE shop = $1 AND replay_id = $2 AND status IN ('waiting', 'running')
        """,
        shop,
        replay_id,
        now,
    )


async def claim(connection: WorkerConnection, now: datetime) -> Job | None:
    """The next replay, which is this process's from now on; None if none waits, or another one is computed.

    One whose process has not renewed its lease begins again.
    """
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM replays WHERE status IN ('waiting', 'running'))"):
        return None
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('replays', 0))")
    row = await connection.fetchrow(
        f"""
        UPDATE replays r SET status = 'running', attempt = r.attempt + 1, started_at = $1, doing = NULL, done = 0,
            total = 0, leased_until = clock_timestamp() + interval '{LEASE_SECONDS} s'
        FROM (
            SELECT shop, replay_id FROM replays
            WHERE (status = 'waiting' OR status = 'running' AND leased_until < clock_timestamp())
                AND NOT EXISTS (SELECT FROM replays WHERE status = 'running' AND leased_until >= clock_timestamp())
            ORDER BY array_position(ARRAY[{_ORDER}], purpose), created_at LIMIT 1
        ) AS w
        WHERE (r.shop, r.replay_id) = (w.shop, w.replay_id)
        RETURNING r.shop, r.replay_id, r.attempt, r.request
        """,  # noqa: S608
        now,
    )
    return None if row is None else Job(*row)


async def any_command(connection: Connection, shop: str) -> bool:
    """Whether points of a shop were reserved or adjusted: else nothing on ``loyalty.events`` states a fact."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM redemptions WHERE shop = $1)"
            " OR EXISTS (SELECT FROM adjustments WHERE shop = $1)",
            shop,
        )
    )


async def renew(connection: WorkerConnection, job: Job, doing: str, done: int, total: int) -> bool:
    """Record progress and renew the lease; False if the replay is not this process's any more."""
    status = await connection.execute(
        f"""
        UPDATE replays SET leased_until = clock_timestamp() + interval '{LEASE_SECONDS} s',
            doing = $4, done = $5, total = $6 WHERE {_RUNNING}
        """,  # noqa: S608
        *job[:3],
        doing,
        done,
        total,
    )
    return bool(status == "UPDATE 1")


async def fail(connection: WorkerConnection, job: Job, failure: str, now: datetime) -> None:
    """Record that nothing came of a replay."""
    await connection.execute(
        f"UPDATE replays SET status = 'failed', failure = $4, finished_at = $5 WHERE {_RUNNING}",  # noqa: S608
        *job[:3],
        failure,
        now,
    )


async def finish(
    connection: WorkerConnection,
    job: Job,
    result: str,
    plots: str,
    customers: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Store the result, unless the replay was cancelled. Of customers who were erased meanwhile nothing is stored."""
    status = await connection.execute(
        f"""
        UPDATE replays SET status = 'done', result = $4, plots = $5, finished_at = $6 WHERE {_RUNNING}
        """,  # noqa: S608
        *job[:3],
        result,
        plots,
        now,
    )
    if status != "UPDATE 1":
        return
    await connection.execute(
        """
        INSERT INTO replay_customers (shop, customer_id, replay_id, before, after)
        SELECT c.shop, c.customer_id, $2, w.before, w.after
        FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS w(customer_id, before, after)
        JOIN (
            SELECT shop, customer_id FROM customers
            WHERE shop = $1 AND customer_id = ANY($3::text[]) AND erased_at IS NULL
            ORDER BY customer_id COLLATE "C" FOR SHARE
        ) AS c USING (customer_id)
        """,
        job.shop,
        job.replay_id,
        *([each[name] for each in customers] for name in ("customer_id", "before", "after")),
    )


async def delete_some(connection: WorkerConnection, before: datetime, at_most: int) -> int:
    """Delete replays that were asked for before an instant; returns how many."""
    deleted: int = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM replays WHERE (shop, replay_id) IN (
                SELECT shop, replay_id FROM replays WHERE created_at < $1 LIMIT $2
            ) RETURNING shop, replay_id
        ), customers AS (
            DELETE FROM replay_customers c USING gone WHERE (c.shop, c.replay_id) = (gone.shop, gone.replay_id)
        )
        SELECT count(*) FROM gone
        """,
        before,
        at_most,
    )
    return deleted
