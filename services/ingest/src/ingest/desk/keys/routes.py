"""Keys of a source."""

from typing import Annotated, Any

from fastapi import Path, Response

from ingest.desk.keys.make import make_key
from ingest.desk.keys.revoke import revoke_key
from ingest.desk.keys.schemas import Key
from ingest.desk.require_source import SourceId
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require

router = Router(
    prefix="/v1/sources/{source_id}/keys",
    tags=["sources"],
    responses=errors((404, "unknown_source", "the shop has no source with this id")),
)
Who = Annotated[Principal, require("sources:write")]
Prefix = Annotated[str, Path(max_length=64, pattern="^[a-z0-9]+$", description="The prefix of the key")]


@router.post(
    "",
    status_code=201,
    summary="Create another key of a source",
    response_model=Key,
    responses=errors((409, "too_many_keys", "the source has two live keys, or is closed")),
    openapi_extra=audited("key.make"),
)
async def post_key(ctx: Ctx, _: Who, act: Acting, source_id: SourceId) -> dict[str, Any]:
    """The answer is the only one that contains the key. A source has at most two live keys."""
    key = await make_key(ctx, act, source_id)
    return {"source_id": source_id, "key": key.text, "prefix": key.prefix}


@router.delete(
    "/{prefix}",
    status_code=204,
    summary="Revoke a key",
    responses=errors((404, "unknown_key", "the source has no key with this prefix")),
    openapi_extra=audited("key.revoke"),
)
async def delete_key(ctx: Ctx, _: Who, act: Acting, source_id: SourceId, prefix: Prefix) -> Response:
    """The key stops working within five seconds."""
    await revoke_key(ctx, act, source_id, prefix)
    return Response(status_code=204)
