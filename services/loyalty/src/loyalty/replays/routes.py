"""Routes of replays: what another programme would have given, asked for, looked at, cancelled."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from msgspec import json, structs

from loyalty.programme.announced import UNKNOWN_SHOP, announced_shop
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.put import read_new
from loyalty.replays.csv_page import months_as_csv
from loyalty.replays.inputs import Asked
from loyalty.replays.kind import ASKED, REPLAYS
from loyalty.replays.page import STYLE, Page
from loyalty.replays.read import replay_of, result_of
from loyalty.replays.rows import (
    NewReplay,
    changed_customers,
    insert_replay,
    open_replays,
    plots_of,
    replay_row,
)
from loyalty.replays.schemas import Made, Replay, ReplayRequest
from loyalty.replays.words import Language
from mandegar.database import Connection, Row, as_shop, as_shop_writing
from mandegar.documents.routes import document_problems
from mandegar.documents.rows import version_numbered
from mandegar.jobs.rows import cancel
from mandegar.months import Calendar
from mandegar.web import Acting, Ctx, Principal, Problem, Router, audited, errors, require
from mandegar.web.documentation.route import page_headers

router = Router(prefix="/v1/programme/replays", tags=["programme"])
Writer = Annotated[Principal, require("programme:write")]
ReplayId = Annotated[UUID, Path(description="`id` of a replay")]
# Of one shop: one is computed at a time, whosever it is.
OPEN_MAX = 3
_UNKNOWN = errors((404, "unknown_replay", "there is no such replay; it is kept for 90 days"))


@router.post(
    "",
    summary="Ask what another programme would have given",
    status_code=202,
    responses=errors(
        UNKNOWN_SHOP,
        (404, "unknown_version", "there is no such version of the programme"),
        (409, "too_many_replays", f"{OPEN_MAX} replays of the shop wait or are computed"),
        (422, "invalid_programme", "the document has errors (`errors`: line and message of each)"),
    ),
    openapi_extra=audited("replay.ask"),
)
async def ask(ctx: Ctx, who: Writer, act: Acting, body: ReplayRequest) -> Made:
    """All that is recorded of the shop is computed again under both programmes, in the background: nothing is written
    to any account. One replay is computed at a time. Acts are read again as well; what budgets give for them is
    decided for both in the order of the times of the acts.
    """
    replay_id = uuid4()
    asked = Asked(body.document, body.version, body.against, body.from_, body.value_per_point)
    words: dict[str, str] = {}
    async with as_shop_writing(ctx.web, act) as connection:
        shop = await announced_shop(connection, who.shop)
        if body.document is not None:
            with document_problems(PROGRAMMES):
                words = read_new(shop, body.document, body.from_, ctx.clock.now(), key=ctx.identity_key).words
        for version in (body.version, body.against):
            if version is not None and not await _stands(connection, who.shop, version):
                raise Problem(404, "unknown_version", f"There is no version {version} of the programme")
        if await open_replays(connection, who.shop, ASKED) >= OPEN_MAX:
            raise Problem(409, "too_many_replays", f"{OPEN_MAX} replays of this shop are not finished: cancel one")
        stored = json.encode(structs.replace(asked, words=words)).decode()
        await insert_replay(connection, NewReplay(who.shop, replay_id, ASKED, stored, ctx.clock.now()))
    return Made(id=replay_id)


@router.get("/{replay_id}", summary="Get a replay, how far it is and its result", responses=_UNKNOWN)
async def replay(
    ctx: Ctx,
    who: Writer,
    request: Request,
    replay_id: ReplayId,
    calendar: Annotated[Calendar, Query(description="The calendar of the months in the answer")] = "gregorian",
) -> Replay:
    """With `Accept: text/csv` the months of the result alone. The ids of customers are told to tokens that may also
    read customers.
    """
    async with as_shop(ctx.web, who.shop) as connection:
        row = await replay_row(connection, who.shop, replay_id)
        customers = await changed_customers(connection, who.shop, replay_id)
    row = _found(row)
    answer = replay_of(row, customers, ctx.clock.now(), calendar, names="customers:read" in who.scopes)
    if "text/csv" in request.headers.get("accept", ""):
        if answer.result is None:
            raise _not_done(row)
        return Response(months_as_csv(answer.result), media_type="text/csv; charset=utf-8")  # type: ignore[return-value]
    return answer


@router.get(
    "/{replay_id}/report",
    summary="Get the result of a replay as a page",
    responses=_UNKNOWN | errors((409, "not_done", "the replay has no result")),
    response_class=HTMLResponse,
)
async def report(
    ctx: Ctx,
    who: Writer,
    replay_id: ReplayId,
    lang: Annotated[Language, Query(description="Persian, with Jalali months, or English")] = "en",
) -> HTMLResponse:
    """A page without scripts, to be read or printed. Rials are shown in Toman. The ids of customers are shown to tokens
    that may also read customers.
    """
    calendar: Calendar = "jalali" if lang == "fa" else "gregorian"
    async with as_shop(ctx.web, who.shop) as connection:
        row = _found(await replay_row(connection, who.shop, replay_id))
        if row["result"] is None:
            raise _not_done(row)
        customers = await changed_customers(connection, who.shop, replay_id)
        plots = json.decode(await plots_of(connection, who.shop, replay_id) or "{}")
    result = result_of(row["result"], customers, calendar, names="customers:read" in who.scopes)
    return HTMLResponse(Page(result, plots[calendar], lang).html(), headers=page_headers(STYLE))


@router.post(
    "/{replay_id}/cancel",
    summary="Cancel a replay",
    responses=_UNKNOWN,
    openapi_extra=audited("replay.cancel"),
)
async def cancel_replay(ctx: Ctx, who: Writer, act: Acting, replay_id: ReplayId) -> Replay:
    """It ends within some seconds. A replay that is finished stays as it is."""
    async with as_shop_writing(ctx.web, act) as connection:
        _found(await replay_row(connection, who.shop, replay_id))
        await cancel(connection, REPLAYS, who.shop, replay_id, ctx.clock.now())
        row = _found(await replay_row(connection, who.shop, replay_id))
    return replay_of(row, (), ctx.clock.now(), "gregorian", names=False)


async def _stands(connection: Connection, shop: str, version: int) -> bool:
    found = await version_numbered(connection, PROGRAMMES, shop, "", version)
    return found is not None and not found[1]


def _found(row: Row | None) -> Row:
    if row is None:
        raise Problem(404, "unknown_replay", "There is no such replay", "Replays are kept for 90 days")
    return row


def _not_done(row: Row) -> Problem:
    return Problem(409, "not_done", "This replay has no result", f"Its status is {row['status']}")
