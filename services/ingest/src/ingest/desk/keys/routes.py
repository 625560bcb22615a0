"""Keys of a source: two may be live at once, so that they can be changed without a gap."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from ingest.desk.sources.routes import SourceId, found_source
from ingest.schemas import Key
from ingest.sources import rows as queries
from ingest.sources.keys import LIVE_KEYS_MAX, new_key
from mandegar.database import as_shop
from mandegar.web import Ctx, Principal, Problem, require

router = APIRouter(prefix="/v1/sources/{source_id}/keys", tags=["sources"])
Who = Annotated[Principal, Depends(require("sources:write"))]
Prefix = Annotated[str, Path(max_length=64, pattern="^[a-z0-9]+$")]


@router.post("", status_code=201, summary="Make another key; it is shown this once", response_model=Key)
async def make_key(ctx: Ctx, who: Who, source_id: SourceId) -> dict[str, Any]:
    key = new_key()
    async with as_shop(ctx.web, who.shop, readonly=False) as connection:
        found_source(await queries.get_source(connection, who.shop, source_id, lock=True))
        if await queries.live_keys(connection, source_id) >= LIVE_KEYS_MAX:
            raise Problem(409, "too_many_keys", f"A source has at most {LIVE_KEYS_MAX} live keys; revoke one first")
        await queries.insert_key(
            connection,
            prefix=key.prefix,
            source_id=source_id,
            shop=who.shop,
            digest=key.digest,
            now=ctx.clock.now(),
        )
    return {"source_id": source_id, "key": key.text, "prefix": key.prefix}


@router.delete("/{prefix}", status_code=204, summary="Revoke a key; every process notices within five seconds")
async def revoke(ctx: Ctx, who: Who, source_id: SourceId, prefix: Prefix) -> Response:
    async with as_shop(ctx.web, who.shop, readonly=False) as connection:
        found_source(await queries.get_source(connection, who.shop, source_id))
        if not await queries.revoke_key(connection, source_id, prefix, ctx.clock.now()):
            raise Problem(404, "unknown_key", "No such key of this source")
    return Response(status_code=204)
