"""Rows of backtests."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from mandegar.database import Connection, Row, ShopConnection, WorkerConnection, WriteConnection

LEASE_SECONDS: Final = 15
# A backtest that ended its process so many times is given up.
ATTEMPTS: Final = 3
# Finished backtests of a shop that are kept.
KEPT: Final = 20
_HEAD: Final = "backtest_id, horizon_weeks, status, created_at, started_at, finished_at, doing, done, total, failure"
_RUNNING: Final = "status = 'running' AND shop = $1 AND backtest_id = $2 AND attempt = $3"


class Job(NamedTuple):
    """A backtest that this process computes, and the number of its attempt, by which it is known to be still ours."""

    shop: str
    backtest_id: UUID
    attempt: int
    horizon_weeks: int


async def insert_backtest(
    connection: WriteConnection, shop: str, backtest_id: UUID, horizon_weeks: int, now: datetime
) -> bool:
    """Store what is asked, which waits for its turn; False if the shop has one that is not finished."""
    return bool(
        await connection.fetchval(
            """
            INSERT INTO backtests (shop, backtest_id, horizon_weeks, status, created_at)
            VALUES ($1, $2, $3, 'waiting', $4)
            ON CONFLICT (shop) WHERE status IN ('waiting', 'running') DO NOTHING RETURNING true
            """,
            shop,
            backtest_id,
            horizon_weeks,
            now,
        )
    )


async def open_backtest(connection: Connection, shop: str) -> UUID | None:
    """The backtest of a shop that is not finished."""
    found: UUID | None = await connection.fetchval(
        "SELECT backtest_id FROM backtests WHERE shop = $1 AND status IN ('waiting', 'running')", shop
    )
    return found


async def list_backtests(connection: Connection, shop: str) -> list[Row]:
    """The backtests of a shop without their results, the newest first."""
    return await connection.fetch(
        f"SELECT {_HEAD} FROM backtests WHERE shop = $1 ORDER BY created_at DESC, backtest_id LIMIT $2",  # noqa: S608
        shop,
        KEPT + 1,
    )


async def read_backtest(connection: Connection, shop: str, backtest_id: UUID) -> Row | None:
    """A backtest with its result, without its page."""
    return await connection.fetchrow(
        f"SELECT {_HEAD}, result FROM backtests WHERE shop = $1 AND backtest_id = $2",  # noqa: S608
        shop,
        backtest_id,
    )


async def page_of_backtest(connection: Connection, shop: str, backtest_id: UUID) -> str | None:
    """The page of a finished backtest."""
    page: str | None = await connection.fetchval(
        "SELECT page FROM backtests WHERE shop = $1 AND backtest_id = $2", shop, backtest_id
    )
    return page


async def cancel(connection: ShopConnection, shop: str, backtest_id: UUID, now: datetime) -> None:
    """Cancel a backtest that is not finished."""
    await connection.execute(
        """
        UPDATE backtests SET status = 'cancelled', finished_at = $3
        WHERE shop = $1 AND backtest_id = $2 AND status IN ('waiting', 'running')
        """,
        shop,
        backtest_id,
        now,
    )


async def claim(connection: WorkerConnection, now: datetime) -> Job | None:
    """The next backtest, which is this process's from now on; None if none waits, or another one is computed.

    One whose process has not renewed its lease begins again.
    """
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM backtests WHERE status IN ('waiting', 'running'))"):
        return None
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('backtests', 0))")
    row = await connection.fetchrow(
        f"""
        UPDATE backtests b SET status = 'running', attempt = b.attempt + 1, started_at = $1, doing = NULL, done = 0,
            total = 0, leased_until = clock_timestamp() + interval '{LEASE_SECONDS} s'
        FROM (
            SELECT shop, backtest_id FROM backtests
            WHERE (status = 'waiting' OR status = 'running' AND leased_until < clock_timestamp())
                AND NOT EXISTS (SELECT FROM backtests WHERE status = 'running' AND leased_until >= clock_timestamp())
            ORDER BY created_at LIMIT 1
        ) AS w
        WHERE (b.shop, b.backtest_id) = (w.shop, w.backtest_id)
        RETURNING b.shop, b.backtest_id, b.attempt, b.horizon_weeks
        """,  # noqa: S608
        now,
    )
    return None if row is None else Job(*row)


async def renew(connection: WorkerConnection, job: Job, doing: str | None, done: int, total: int) -> bool:
    """Record progress and renew the lease; False if the backtest is not this process's any more."""
    status = await connection.execute(
        f"""
        UPDATE backtests SET leased_until = clock_timestamp() + interval '{LEASE_SECONDS} s',
            doing = $4, done = $5, total = $6 WHERE {_RUNNING}
        """,  # noqa: S608
        *job[:3],
        doing,
        done,
        total,
    )
    return bool(status == "UPDATE 1")


async def fail(connection: WorkerConnection, job: Job, failure: str, now: datetime) -> None:
    """Record that nothing came of a backtest."""
    await connection.execute(
        f"UPDATE backtests SET status = 'failed', failure = $4, finished_at = $5 WHERE {_RUNNING}",  # noqa: S608
        *job[:3],
        failure,
        now,
    )


async def finish(connection: WorkerConnection, job: Job, result: str, page: str, now: datetime) -> None:
    """Store the result, unless the backtest was cancelled."""
    await connection.execute(
        f"UPDATE backtests SET status = 'done', result = $4, page = $5, finished_at = $6 WHERE {_RUNNING}",  # noqa: S608
        *job[:3],
        result,
        page,
        now,
    )


async def delete_some(connection: WorkerConnection, before: datetime, at_most: int) -> int:
    """Delete finished backtests that were asked for before an instant, or have ``KEPT`` newer ones of their shop."""
    deleted: int = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM backtests WHERE (shop, backtest_id) IN (
                SELECT shop, backtest_id FROM (
                    SELECT shop, backtest_id, created_at,
                        row_number() OVER (PARTITION BY shop ORDER BY created_at DESC, backtest_id) AS place
                    FROM backtests WHERE status NOT IN ('waiting', 'running')
                ) AS finished WHERE created_at < $1 OR place > $2 LIMIT $3
            ) RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        before,
        KEPT,
        at_most,
    )
    return deleted
