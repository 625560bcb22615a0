"""Groups of events in quarantine, and their repair."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from ingest.context import IngestCtx
from ingest.desk.paging import AFTER, Before, read_before
from ingest.desk.release_entries import read_entry
from ingest.desk.repairs.group_rows import list_groups
from ingest.desk.repairs.preview import preview
from ingest.desk.repairs.require_group import unknown_repair
from ingest.desk.repairs.rows import get_repair, list_repairs
from ingest.desk.repairs.schemas import DryRun, GroupPage, Mapping, Repair, RepairPage
from ingest.desk.repairs.start import start, stop
from ingest.desk.repairs.steps import as_body
from ingest.desk.repairs.suggest import suggest
from ingest.domain.candidates import Arrival
from ingest.domain.causes import place_of
from ingest.domain.documents import written
from ingest.domain.sources import Source
from ingest.sources.rows import load_sources
from mandegar.database import Row, as_shop, as_shop_reporting
from mandegar.web import Acting, Principal, Router, audited, errors, require
from mandegar.web.paging import cut, write_cursor

router = Router(prefix="/v1/quarantine", tags=["quarantine"])
Who = Annotated[Principal, require("sources:write")]
_UNKNOWN_GROUP = (404, "unknown_group", "the shop has no open event in quarantine with this cause")
_UNKNOWN_REPAIR = (404, "unknown_repair", "the shop has no repair with this id")


@router.get("/groups", summary="List events in quarantine by their cause", response_model=GroupPage)
async def get_groups(
    ctx: IngestCtx,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=50, description="Groups per page, at most 50")] = 20,
    after: Annotated[UUID | None, Query(description=AFTER)] = None,
) -> dict[str, Any]:
    """Open events of one source that were refused for one reason are a group, with the oldest as its example. A
    suggested repair was tried on up to five of them; look at a dry run before you use it."""
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        listed = await list_groups(connection, who.shop, after=after, limit=limit)
        sources = await load_sources(connection, {row["source_id"] for row in listed})
    rows, more = cut(listed, limit)
    groups = [_group(row, sources[row["source_id"]], ctx) for row in rows]
    return {
        "groups": sorted(groups, key=lambda group: -group["events"]),
        "next_after": rows[-1]["group_id"] if more else None,
    }


def _group(row: Row, source: Source, ctx: IngestCtx) -> dict[str, Any]:
    def read(body: bytes) -> Arrival:
        return read_entry(row, body, source, ctx.identity_key, row["received_at"])

    place = place_of(row["code"], row["detail"])
    bodies = [*dict.fromkeys([row["body"], *row["samples"]])]
    found = suggest(bodies, read, source.shop.currency)
    return {
        **row,
        "place": None if place is None else written(place),
        "first_at": row["received_at"],
        "example": {
            "quarantine_id": row["id"],
            "native_id": row["native_id"],
            "body": row["body"].decode(errors="replace"),
        },
        "suggestion": None if found is None else {**found._asdict(), "steps": [as_body(step) for step in found.steps]},
    }


@router.post(
    "/groups/{group_id}/repair",
    summary="Repair all events in quarantine that have one cause",
    status_code=202,
    response_model=Repair,
    responses={
        200: {"model": DryRun, "description": "The dry run: what would become of the events"},
        **errors(_UNKNOWN_GROUP, (409, "repair_running", "another repair of the group runs; its id is `repair_id`")),
    },
    openapi_extra=audited("quarantine.repair"),
)
async def post_repair(
    ctx: IngestCtx,
    who: Who,
    act: Acting,
    group_id: UUID,
    mapping: Mapping,
    response: Response,
    dry_run: Annotated[bool, Query(description="Change nothing, and show what would become of the events")] = False,
    examples: Annotated[int, Query(ge=1, le=20, description="In a dry run: examples of each outcome")] = 3,
) -> Any:
    """Each event is read as the mapping leaves it, and accepted as if it had been accepted when it was received. What
    cannot be accepted stays in quarantine as it was received, and so does the original of what was accepted, until its
    time is over.

    The repair goes on in the background, and over restarts; the answer names the resource that tells how far it is. It
    takes the events that are in quarantine when it begins. Repeating it while it runs begins no second one, and
    afterwards it finds only what is still in quarantine.
    """
    if dry_run:
        answer = await preview(ctx, who.shop, group_id, [body.step for body in mapping.steps], examples)
        return Response(DryRun(**answer).model_dump_json(), 200, media_type="application/json")
    repair = await start(ctx, act, group_id, mapping.steps)
    response.headers["Location"] = f"/v1/quarantine/repairs/{repair['id']}"
    return _repair(repair)


@router.get("/repairs", summary="List repairs, newest first", response_model=RepairPage)
async def get_repairs(
    ctx: IngestCtx,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=200, description="Repairs per page, at most 200")] = 50,
    before: Before = None,
) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        listed = await list_repairs(connection, who.shop, limit=limit, before=read_before(before))
    rows, more = cut(listed, limit)
    last = rows[-1] if more else None
    return {
        "repairs": [_repair(row) for row in rows],
        "next_before": write_cursor(last["started_at"], last["id"]) if last else None,
    }


@router.get(
    "/repairs/{repair_id}",
    summary="Get a repair and how far it is",
    response_model=Repair,
    responses=errors(_UNKNOWN_REPAIR),
)
async def get_one_repair(ctx: IngestCtx, who: Who, repair_id: UUID) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        repair = await get_repair(connection, who.shop, repair_id)
    if repair is None:
        raise unknown_repair()
    return _repair(repair)


@router.post(
    "/repairs/{repair_id}/stop",
    summary="Stop a repair",
    response_model=Repair,
    responses=errors(_UNKNOWN_REPAIR),
    openapi_extra=audited("repair.stop"),
)
async def post_stop(ctx: IngestCtx, _: Who, act: Acting, repair_id: UUID) -> dict[str, Any]:
    """Accepted events stay accepted; the others stay in quarantine. A repair that has ended is not changed."""
    return _repair(await stop(ctx, act, repair_id))


def _repair(row: Row) -> dict[str, Any]:
    return {
        **row,
        "repair_id": row["id"],
        "steps": json.loads(row["steps"]),
        "remaining": json.loads(row["remaining"]),
    }
