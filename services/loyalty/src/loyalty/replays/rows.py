"""Rows of replays."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from mandegar.database import Connection, Row, WorkerConnection, WriteConnection
from mandegar.jobs.rows import Job


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


async def any_command(connection: Connection, shop: str) -> bool:
    """Whether points of a shop were reserved or adjusted: else nothing on ``loyalty.events`` states a fact."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM redemptions WHERE shop = $1)"
            " OR EXISTS (SELECT FROM adjustments WHERE shop = $1)",
            shop,
        )
    )


async def store_result(
    connection: WorkerConnection, job: Job, result: str, plots: str, customers: Sequence[Mapping[str, Any]]
) -> None:
    """Store what came of a replay, as JSON. Of customers who were erased meanwhile nothing is stored."""
    await connection.execute(
        "UPDATE replays SET result = $3, plots = $4 WHERE shop = $1 AND replay_id = $2", job.shop, job.id, result, plots
    )
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
        job.id,
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
