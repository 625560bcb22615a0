"""Sources of a shop."""

from typing import Annotated, Any

from ingest.context import IngestCtx
from ingest.desk.require_source import SourceId
from ingest.desk.sources.change import change_source
from ingest.desk.sources.close import close_source
from ingest.desk.sources.make import make_source
from ingest.desk.sources.schemas import NewSource, Source, SourceChange, Sources, SourceWithKey
from ingest.sources import rows
from mandegar.database import Row, as_shop
from mandegar.events.topics import raw_topic
from mandegar.web import Acting, Ctx, Principal, Router, audited, require

router = Router(prefix="/v1/sources", tags=["sources"])
Who = Annotated[Principal, require("sources:write")]


@router.post(
    "",
    status_code=201,
    summary="Create a source with its first key",
    response_model=SourceWithKey,
    openapi_extra=audited("source.make"),
)
async def post_source(ctx: IngestCtx, _: Who, act: Acting, wanted: NewSource) -> dict[str, Any]:
    """The answer is the only one that contains the key."""
    row, key = await make_source(ctx, act, wanted)
    return {
        **_answer(row),
        "key": key.text,
        "prefix": key.prefix,
        "visitor_secret": next(iter(row["visitor_secrets"]), None),
    }


@router.get("", summary="List the sources of the shop", response_model=Sources)
async def list_sources(ctx: Ctx, who: Who) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        listed = await rows.list_sources(connection, who.shop)
    return {"sources": [_answer(row) for row in listed]}


@router.patch(
    "/{source_id}",
    summary="Change a source: its role as the record of orders, its unit, what it may send, its pages, its visitors",
    response_model=Source,
    openapi_extra=audited("source.change"),
)
async def patch_source(
    ctx: IngestCtx, _: Who, act: Acting, source_id: SourceId, wanted: SourceChange
) -> dict[str, Any]:
    """Changes the fields that the request contains, for events that arrive from now on; a unit also for those released
    from quarantine. A rate that is null is the default of the server. `record_of_orders` true takes that role from the
    source that has it, in the same transaction; orders that were stored in the history only stay there."""
    return _answer(await change_source(ctx, act, source_id, wanted.model_dump(exclude_unset=True)))


@router.post(
    "/{source_id}/close",
    summary="Close a source for good",
    response_model=Source,
    openapi_extra=audited("source.close"),
)
async def post_close(ctx: Ctx, _: Who, act: Acting, source_id: SourceId) -> dict[str, Any]:
    """New events of the source are rejected from then on. Close a historical source once it has sent all past events:
    the other services then evaluate its customers without waiting for more."""
    return _answer(await close_source(ctx, act, source_id))


def _answer(row: Row) -> dict[str, Any]:
    topic = raw_topic(row["id"]).name if row["kafka"] else None
    return {**row, "source_id": row["id"], "topic": topic}
