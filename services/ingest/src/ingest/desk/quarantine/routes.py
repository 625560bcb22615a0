"""Events that could not be accepted as they were."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request
from msgspec import to_builtins

from ingest.context import IngestContext, IngestCtx
from ingest.desk.paging import Before, read_before
from ingest.desk.quarantine.drop import drop
from ingest.desk.quarantine.release import release
from ingest.desk.quarantine.require_entry import require_entry
from ingest.desk.quarantine.schemas import QuarantinedBody, QuarantinePage
from ingest.doors.request.body import read_request
from ingest.doors.request.limits import EVENT_BYTES_MAX
from ingest.doors.schemas import EventResult
from ingest.hallway.rows.quarantine import list_quarantine
from ingest.sources.limit_rows import get_limits
from mandegar.database import Connection, Row, as_shop, as_shop_reporting
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require
from mandegar.web.paging import cut, write_cursor

router = Router(prefix="/v1/quarantine", tags=["quarantine"])
Who = Annotated[Principal, require("sources:write")]
_UNKNOWN = (404, "unknown_quarantine", "the shop has no event with this id in quarantine")
_NOT_OPEN = (409, "not_open", "it was released or dropped before")
_REPAIRED = {
    "requestBody": {
        "description": "The repaired event in the native form. With an empty body the stored event is used.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.get("", summary="List events in quarantine, newest first", response_model=QuarantinePage)
async def list_entries(
    ctx: IngestCtx,
    who: Who,
    state: Annotated[
        Literal["open", "released", "dropped"],
        Query(description="Only events in this state: open (waiting), released (accepted since) or dropped (given up)"),
    ] = "open",
    limit: Annotated[int, Query(ge=1, le=500, description="Events per page, at most 500")] = 50,
    before: Before = None,
) -> dict[str, Any]:
    cursor = read_before(before)
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        listed = await list_quarantine(connection, who.shop, state=state, limit=limit, before=cursor)
        kept = await _kept(connection, who.shop, ctx)
    rows, more = cut(listed, limit)
    last = rows[-1] if more else None
    return {
        "quarantine": [{**row, "kept_until": row["received_at"] + kept} for row in rows],
        "next_before": write_cursor(last["received_at"], last["id"]) if last else None,
    }


@router.get(
    "/{quarantine_id}",
    summary="Get an event in quarantine with its content",
    response_model=QuarantinedBody,
    responses=errors(_UNKNOWN),
)
async def get_entry(ctx: IngestCtx, who: Who, quarantine_id: UUID) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        entry = await require_entry(connection, who.shop, quarantine_id)
        return _answer(entry, await _kept(connection, who.shop, ctx))


@router.post(
    "/{quarantine_id}/release",
    summary="Accept an event from quarantine",
    response_model=EventResult,
    responses={
        **errors(_UNKNOWN, _NOT_OPEN),
        422: {"description": "It still cannot be accepted: the code of the event"},
    },
    openapi_extra={**_REPAIRED, **audited("quarantine.release")},
)
async def post_release(ctx: Ctx, _: Who, act: Acting, quarantine_id: UUID, request: Request) -> Any:
    """Accepts the event as it is stored, for instance after the unit of its source was changed, or as repaired in the
    request. If it still cannot be accepted, the answer is 422 with the event's code, and it stays in quarantine."""
    repaired = (await read_request(request, EVENT_BYTES_MAX)).strip()
    return to_builtins(await release(ctx, act, quarantine_id, repaired))


@router.post(
    "/{quarantine_id}/drop",
    summary="Drop an event from quarantine for good",
    response_model=QuarantinedBody,
    responses=errors(_UNKNOWN, _NOT_OPEN),
    openapi_extra=audited("quarantine.drop"),
)
async def post_drop(ctx: IngestCtx, who: Who, act: Acting, quarantine_id: UUID) -> dict[str, Any]:
    row, now = await drop(ctx, act, quarantine_id)
    async with as_shop(ctx.web, who.shop) as connection:
        kept = await _kept(connection, who.shop, ctx)
    return {**_answer(row, kept), "state": "dropped", "resolved_at": now}


async def _kept(connection: Connection, shop: str, ctx: IngestContext) -> timedelta:
    """How long the shop keeps an entry."""
    own = (await get_limits(connection, shop))["quarantine_days"]
    return timedelta(days=own or ctx.settings.quarantine_days)


def _answer(row: Row, kept: timedelta) -> dict[str, Any]:
    return {**row, "body": row["body"].decode(errors="replace"), "kept_until": row["received_at"] + kept}
