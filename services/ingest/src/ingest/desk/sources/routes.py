"""Sources of a shop: made with their first key, changed, closed."""

import secrets
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Path

from ingest.doors.state import settings_of
from ingest.schemas import NewSource, Source, SourceChange, Sources, SourceWithKey
from ingest.sources import rows as queries
from ingest.sources.events import publish_closed
from ingest.sources.keys import new_key
from ingest.sources.raw_topics import create_raw_topic
from mandegar.database import Row, as_shop, transaction
from mandegar.events.topics import raw_topic
from mandegar.shops import load_shops
from mandegar.web import Ctx, Principal, Problem, require

router = APIRouter(prefix="/v1/sources", tags=["sources"])
Who = Annotated[Principal, Depends(require("sources:write"))]
SourceId = Annotated[str, Path(max_length=64, pattern="^[a-z0-9-]+$")]


def source_answer(row: Row) -> dict[str, Any]:
    """A source as it is answered."""
    topic = raw_topic(row["id"]).name if row["kafka"] else None
    return {**{key: value for key, value in row.items() if key != "id"}, "source_id": row["id"], "topic": topic}


@router.post("", status_code=201, summary="Make a source; its key is shown this once", response_model=SourceWithKey)
async def make_source(ctx: Ctx, who: Who, wanted: NewSource) -> dict[str, Any]:
    now, key, source_id = ctx.clock.now(), new_key(), "src-" + secrets.token_hex(6)
    if wanted.trust == "browser" and (wanted.record_of_orders or wanted.historical or wanted.kafka):
        raise Problem(422, "invalid", "A browser source sends interactions only")
    async with as_shop(ctx.web, who.shop) as connection:
        if not await load_shops(connection, {who.shop}):
            raise Problem(404, "unknown_shop", "Make the shop first: PUT /v1/shops/{shop}")
        record = wanted.record_of_orders
        if record is None:
            taken = await queries.has_record(connection, who.shop)
            record = wanted.trust == "server" and (wanted.historical or not taken)
    if wanted.kafka:
        await create_raw_topic(settings_of(ctx), source_id)
    source = {**wanted.model_dump(), "id": source_id, "shop": who.shop, "record_of_orders": record}
    try:
        async with as_shop(ctx.web, who.shop, readonly=False) as connection:
            row = await queries.insert_source(connection, source, now)
            await queries.insert_key(
                connection, prefix=key.prefix, source_id=source_id, shop=who.shop, digest=key.digest, now=now
            )
    except asyncpg.UniqueViolationError:
        raise Problem(409, "record_taken", "Another source is the record of orders of this shop") from None
    return {**source_answer(row), "key": key.text, "prefix": key.prefix}


@router.get("", summary="The sources of a shop with the prefixes of their live keys", response_model=Sources)
async def list_sources(ctx: Ctx, who: Who) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        rows = await queries.list_sources(connection, who.shop)
    return {"sources": [source_answer(row) for row in rows]}


@router.patch("/{source_id}", summary="Set the money that a source counts in", response_model=Source)
async def change_source(ctx: Ctx, who: Who, source_id: SourceId, wanted: SourceChange) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop, readonly=False) as connection:
        found_source(await queries.get_source(connection, who.shop, source_id, lock=True))
        await queries.set_unit(connection, source_id, wanted.unit)
        row = found_source(await queries.get_source(connection, who.shop, source_id))
    return source_answer(row)


@router.post("/{source_id}/close", summary="Say that a historical source has sent all it had", response_model=Source)
async def close(ctx: Ctx, who: Who, source_id: SourceId) -> dict[str, Any]:
    now = ctx.clock.now()
    async with transaction(ctx.worker) as connection:
        # Waits for whatever is being accepted from it: the notice goes out behind the last event.
        row = found_source(await queries.get_source(connection, who.shop, source_id, lock=True))
        if row["closed_at"] is None:
            await queries.close_source(connection, source_id, now)
            if row["historical"]:
                await publish_closed(connection, who.shop, source_id, now, ctx.settings.partitions)
            row = found_source(await queries.get_source(connection, who.shop, source_id))
    ctx.wake_relay()
    return source_answer(row)


def found_source(row: Row | None) -> Row:
    """The row, or 404."""
    if row is None:
        raise Problem(404, "unknown_source", "No such source")
    return row
