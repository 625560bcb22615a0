"""A programme in the shadow of the live one: begun, told of, and computed anew on the timer."""

from datetime import datetime, timedelta
from uuid import uuid4

from msgspec import json

from loyalty.programme.put import read_new
from loyalty.publishing.schemas import ShadowAnswer
from loyalty.publishing.shadow_rows import (
    POSTPONED,
    Shadow,
    cancel_open,
    compute_next_at,
    delete_superseded,
    due_shadow,
    shadow_of,
    shadow_replays,
    store_shadow,
)
from loyalty.replays.inputs import Asked
from loyalty.replays.kind import SHADOW
from loyalty.replays.read import result_of
from loyalty.replays.rows import NewReplay, changed_customers, insert_replay, open_replays
from loyalty.settings import LoyaltySettings
from mandegar.database import Connection, ShopConnection, transaction
from mandegar.months import Calendar
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.shops import Shop
from mandegar.web import Problem

POLL_SECONDS = 5.0


async def begin_shadow(
    connection: ShopConnection, shop: Shop, document: str, every_hours: int, now: datetime, *, key: bytes
) -> bool:
    """Let a document run from now on; False if it runs already. Raises ``InvalidDocument``."""
    new = read_new(shop, document, None, now, key=key)
    standing = await shadow_of(connection, shop.shop)
    if standing is not None and standing.document == document and standing.promoted_version is None:
        await store_shadow(connection, standing._replace(every_hours=every_hours))
        return False
    request = json.encode(Asked(document, from_=now, words=new.words)).decode()
    await cancel_open(connection, shop.shop, now)
    await store_shadow(connection, Shadow(shop.shop, document, request, now, every_hours, now))
    return True


async def standing_shadow(connection: Connection, shop: str) -> Shadow:
    """The shadow of a shop; a 404 problem without one."""
    shadow = await shadow_of(connection, shop)
    if shadow is None:
        raise Problem(404, "unknown_shadow", "No programme runs in the shadow of the live one")
    return shadow


async def shadow_answer(
    connection: Connection, shop: str, now: datetime, calendar: Calendar, *, names: bool
) -> ShadowAnswer:
    """The shadow with its latest result; ``names``: the ids of customers may be told."""
    shadow = await standing_shadow(connection, shop)
    done, is_open = None, False
    for row in await shadow_replays(connection, shop, shadow.since):
        is_open |= row["status"] in {"waiting", "running"}
        if done is None and row["status"] == "done":
            done = row
    result = None
    if done is not None:
        customers = await changed_customers(connection, shop, done["replay_id"])
        result = result_of(done["result"], customers, calendar, names=names)
    return ShadowAnswer(
        document=shadow.document,
        since=shadow.since,
        every_hours=shadow.every_hours,
        promoted_version=shadow.promoted_version,
        is_computed_now=is_open,
        next_at=None if shadow.next_at is None else max(shadow.next_at, now),
        replay_id=None if done is None else done["replay_id"],
        result=result,
    )


async def refresh_shadows(context: Context[LoyaltySettings]) -> None:
    """Compute shadows anew when they are due, until cancelled."""
    await every(POLL_SECONDS, lambda: refresh_next(context), name="shadows")


async def refresh_next(context: Context[LoyaltySettings]) -> bool:
    """Ask for the next replay of a shadow that is due; False if none is. One at a time of each shop."""
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        shadow = await due_shadow(connection, now)
        if shadow is None:
            return False
        if await open_replays(connection, shadow.shop, SHADOW):
            await compute_next_at(connection, shadow.shop, now + POSTPONED)
            return True
        await delete_superseded(connection, shadow.shop)
        await insert_replay(connection, NewReplay(shadow.shop, uuid4(), SHADOW, shadow.request, now))
        await compute_next_at(connection, shadow.shop, now + timedelta(hours=shadow.every_hours))
    return True
