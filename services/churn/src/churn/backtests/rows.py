"""Rows of backtests."""

from datetime import datetime
from typing import Final
from uuid import UUID

from mandegar.database import Connection, Row, WorkerConnection, WriteConnection
from mandegar.jobs.rows import Job

# Finished backtests of a shop that are kept.
KEPT: Final = 20
_HEAD: Final = "backtest_id, horizon_weeks, status, created_at, started_at, finished_at, doing, done, total, failure"


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


async def store_result(connection: WorkerConnection, job: Job, result: str, page: str) -> None:
    """Store what came of a backtest: JSON and HTML."""
    await connection.execute(
        "UPDATE backtests SET result = $3, page = $4 WHERE shop = $1 AND backtest_id = $2",
        job.shop,
        job.id,
        result,
        page,
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
