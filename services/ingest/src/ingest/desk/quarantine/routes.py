"""Quarantine: look at what could not be applied, repair it, release it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from msgspec import to_builtins

from ingest.desk.paging import read_cursor, write_cursor
from ingest.domain.candidates import Refusal
from ingest.domain.normalise import Reading
from ingest.doors.read_events import read_one
from ingest.doors.request.body import read_request
from ingest.doors.request.limits import EVENT_BYTES_MAX
from ingest.hallway.accept import accept
from ingest.hallway.metrics import count_answers
from ingest.hallway.rows.quarantine import get_quarantined, list_quarantine, resolve
from ingest.schemas import Answer, QuarantinedBody, QuarantineList
from ingest.sources.rows import load_sources
from mandegar.database import Row, as_shop, transaction
from mandegar.outbox.rows import write_outbox
from mandegar.web import Ctx, Principal, Problem, require

router = APIRouter(prefix="/v1/quarantine", tags=["quarantine"])
Who = Annotated[Principal, Depends(require("sources:write"))]


@router.get("", summary="What is kept and why, the newest first", response_model=QuarantineList)
async def listing(
    ctx: Ctx,
    who: Who,
    state: Literal["open", "released", "dropped"] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    cursor = read_cursor(before)
    async with as_shop(ctx.web, who.shop) as connection:
        rows = await list_quarantine(connection, who.shop, state=state, limit=limit, before=cursor)
    last = rows[-1] if len(rows) == limit else None
    return {
        "quarantine": [dict(row) for row in rows],
        "next_before": write_cursor(last["received_at"], last["id"]) if last else None,
    }


@router.get("/{quarantine_id}", summary="One event as it was received", response_model=QuarantinedBody)
async def one(ctx: Ctx, who: Who, quarantine_id: UUID) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        row = _found(await get_quarantined(connection, who.shop, quarantine_id))
    return {**dict(row), "body": row["body"].decode(errors="replace")}


@router.post(
    "/{quarantine_id}/release",
    summary="Send it through the hallway again, as it is or repaired",
    response_model=Answer,
    openapi_extra={
        "requestBody": {
            "description": "The event as it should have been, in the native form; nothing to use what is kept",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def release(ctx: Ctx, who: Who, quarantine_id: UUID, request: Request) -> Any:
    repaired = (await read_request(request, EVENT_BYTES_MAX)).strip()
    now = ctx.clock.now()
    async with transaction(ctx.worker) as connection:
        row = _found(await get_quarantined(connection, who.shop, quarantine_id, lock=True))
        if row["state"] != "open":
            raise Problem(409, "not_open", f"This event was {row['state']} before")
        source = (await load_sources(connection, [row["source_id"]]))[row["source_id"]]
        reading = Reading(source, now, ctx.identity_key)
        arrival = read_one(repaired or row["body"], 0, reading, fallback_id=row["native_id"])
        if isinstance(arrival, Refusal):
            raise Problem(422, arrival.code, "The event cannot be applied yet", arrival.detail)
        accepted = await accept(connection, [arrival], now, ctx.settings.partitions)
        (result,) = accepted.results
        if result.status not in ("accepted", "duplicate"):
            raise Problem(422, result.code or "refused", "The event cannot be applied yet", result.detail)
        await write_outbox(connection, accepted.outgoing)
        await resolve(connection, quarantine_id, "released", now)
    count_answers("release", [result])
    ctx.wake_relay()
    return to_builtins(result)


@router.post("/{quarantine_id}/drop", summary="Decide that it will never be applied", response_model=QuarantinedBody)
async def drop(ctx: Ctx, who: Who, quarantine_id: UUID) -> dict[str, Any]:
    now = ctx.clock.now()
    async with as_shop(ctx.web, who.shop, readonly=False) as connection:
        row = _found(await get_quarantined(connection, who.shop, quarantine_id, lock=True))
        if row["state"] != "open":
            raise Problem(409, "not_open", f"This event was {row['state']} before")
        await resolve(connection, quarantine_id, "dropped", now)
    return {**dict(row), "state": "dropped", "resolved_at": now, "body": row["body"].decode(errors="replace")}


def _found(row: Row | None) -> Row:
    if row is None:
        raise Problem(404, "unknown_quarantine", "No such event in quarantine")
    return row
