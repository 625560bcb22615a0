"""Routes of backtests: asked for, looked at, read as a page, cancelled."""

from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
from fastapi import Path
from fastapi.responses import HTMLResponse

from churn.backtests.kind import BACKTESTS
from churn.backtests.rows import (
    KEPT,
    insert_backtest,
    list_backtests,
    open_backtest,
    page_of_backtest,
    read_backtest,
)
from churn.backtests.schemas import Backtest, BacktestHead, BacktestList, BacktestRequest, Made, Progress
from churn.models.horizon_rows import find_horizon
from mandegar.database import Row, as_shop, as_shop_writing
from mandegar.jobs.rows import cancel
from mandegar.web import Acting, Ctx, Principal, Problem, Router, audited, errors, require
from mandegar.web.documentation.route import page_headers

router = Router(prefix="/v1/backtests", tags=["models"])
Reader = Annotated[Principal, require("customers:read", "journeys:write")]
Writer = Annotated[Principal, require("journeys:write")]
BacktestId = Annotated[UUID, Path(description="`id` of a backtest")]
_UNKNOWN = errors((404, "unknown_backtest", f"there is no such backtest; the last {KEPT} are kept, for 90 days"))
_NOT_DONE = errors((409, "not_done", "the backtest has no result"))
_RETRY_AFTER_SECONDS = 30


@router.post(
    "",
    summary="Judge the score on the shop's own past",
    status_code=202,
    responses=errors((409, "backtest_open", "a backtest of the shop is not finished (`id`, `Retry-After`)")),
    openapi_extra=audited("backtest.ask"),
)
async def ask(ctx: Ctx, who: Writer, act: Acting, body: BacktestRequest) -> Made:
    """Computes what the score would have said on days of the past, from what was known then, beside what customers did,
    and beside other models. It is computed in the background from the orders that are recorded, of at most 20,000
    customers; customers and scores stay as they are. One is computed at a time.
    """
    backtest_id, now = uuid4(), ctx.clock.now()
    async with as_shop_writing(ctx.web, act) as connection:
        horizon = body.horizon_weeks or (await find_horizon(connection, who.shop)).weeks
        if not await insert_backtest(connection, who.shop, backtest_id, horizon, now):
            raise Problem(
                409,
                "backtest_open",
                "A backtest of this shop is not finished",
                "Wait for it or cancel it",
                headers={"Retry-After": str(_RETRY_AFTER_SECONDS)},
                id=str(await open_backtest(connection, who.shop)),
            )
    return Made(id=backtest_id, horizon_weeks=horizon)


@router.get("", summary="List the backtests of the shop")
async def backtests(ctx: Ctx, who: Reader) -> BacktestList:
    """Returns the last ones without their results, the newest first."""
    async with as_shop(ctx.web, who.shop) as connection:
        rows = await list_backtests(connection, who.shop)
    return BacktestList(backtests=[BacktestHead(**_head(row)) for row in rows])


@router.get("/{backtest_id}", summary="Get a backtest, how far it is and its result", responses=_UNKNOWN)
async def backtest(ctx: Ctx, who: Reader, backtest_id: BacktestId) -> Backtest:
    """Returns its progress while it is computed, and then its result."""
    async with as_shop(ctx.web, who.shop) as connection:
        row = await read_backtest(connection, who.shop, backtest_id)
    return _answer(_found(row))


@router.get(
    "/{backtest_id}/report",
    summary="Get the result of a backtest as a page",
    responses=_UNKNOWN | _NOT_DONE,
    response_class=HTMLResponse,
)
async def report(ctx: Ctx, who: Reader, backtest_id: BacktestId) -> HTMLResponse:
    """A page without scripts, to be read or printed: a table, and plots of reliability, lift and calendar."""
    async with as_shop(ctx.web, who.shop) as connection:
        row = _found(await read_backtest(connection, who.shop, backtest_id))
        page = await page_of_backtest(connection, who.shop, backtest_id)
    if page is None:
        raise Problem(409, "not_done", "This backtest has no result", f"Its status is {row['status']}")
    return HTMLResponse(page, headers=page_headers(_between(page, "<style>", "</style>")))


@router.post(
    "/{backtest_id}/cancel",
    summary="Cancel a backtest",
    responses=_UNKNOWN,
    openapi_extra=audited("backtest.cancel"),
)
async def cancel_backtest(ctx: Ctx, who: Writer, act: Acting, backtest_id: BacktestId) -> Backtest:
    """It ends within some seconds. A backtest that is finished stays as it is."""
    async with as_shop_writing(ctx.web, act) as connection:
        _found(await read_backtest(connection, who.shop, backtest_id))
        await cancel(connection, BACKTESTS, who.shop, backtest_id, ctx.clock.now())
        row = _found(await read_backtest(connection, who.shop, backtest_id))
    return _answer(row)


def _answer(row: Row) -> Backtest:
    return Backtest(**_head(row), result=None if row["result"] is None else orjson.loads(row["result"]))


def _head(row: Row) -> dict[str, Any]:
    is_told = row["status"] == "running" and row["doing"] is not None
    same = ("status", "horizon_weeks", "created_at", "started_at", "finished_at", "failure")
    return {
        "id": row["backtest_id"],
        **{name: row[name] for name in same},
        "progress": Progress(doing=row["doing"], done=row["done"], total=row["total"]) if is_told else None,
    }


def _found(row: Row | None) -> Row:
    if row is None:
        raise Problem(404, "unknown_backtest", "There is no such backtest", f"The last {KEPT} are kept, for 90 days")
    return row


def _between(text: str, begin: str, end: str) -> str:
    return text.partition(begin)[2].partition(end)[0]
