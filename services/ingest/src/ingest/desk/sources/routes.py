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
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require

router = Router(prefix="/v1/sources", tags=["sources"])
_UNKNOWN = (404, "unknown_source", "the shop has no source with this id")
Who = Annotated[Principal, require("sources:write")]


@router.post(
    "",
    status_code=201,
    summary="Create a source with its first key",
    response_model=SourceWithKey,
    responses=errors(
        (404, "unknown_shop", "the shop does not exist"),
        (409, "record_taken", "another source of the shop is the record of orders"),
        (409, "too_many_sources", "the shop has as many sources as it may"),
        (422, "invalid", "the fields do not go together"),
    ),
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
    responses=errors(
        _UNKNOWN,
        (409, "source_closed", "a closed source cannot be the record of orders"),
        (422, "above_shop_limit", "a rate is above that of the shop"),
        (422, "invalid", "the fields do not go together"),
    ),
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
    responses=errors(_UNKNOWN, (409, "source_of_imports", "it is the source of the shop's imports, which stays open")),
    openapi_extra=audited("source.close"),
)
async def post_close(ctx: Ctx, _: Who, act: Acting, source_id: SourceId) -> dict[str, Any]:
    """New events of the source are rejected from then on. Close a historical source once it has sent all past events:
    the other services then evaluate its customers without waiting for more."""
    return _answer(await close_source(ctx, act, source_id))


def _answer(row: Row) -> dict[str, Any]:
    topic = raw_topic(row["id"]).name if row["kafka"] else None
    return {**row, "source_id": row["id"], "topic": topic}
