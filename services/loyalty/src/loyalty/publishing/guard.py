"""Looks at the guards of a programme before it is stored: a replay of the last days tells what they come to."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from msgspec import json

from loyalty.domain.guards import DAYS
from loyalty.programme.announced import announced_shop
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.put import New, read_new
from loyalty.publishing.guard_rows import Look, is_in_force, knows_customers, latest_look
from loyalty.replays.inputs import Asked
from loyalty.replays.kind import GUARD
from loyalty.replays.rows import NewReplay, insert_replay, open_replays
from mandegar.calendar import shop_days
from mandegar.database import as_shop, as_shop_counting
from mandegar.documents.versions import VersionRefused
from mandegar.quantities import from_us, to_us
from mandegar.service.context import Context
from mandegar.shops import Shop

# For how long a look counts: what holds, and what is broken.
HOLDS = timedelta(hours=24)
BROKEN = timedelta(hours=1)
LOOKS_MAX = 3
RETRY_AFTER = timedelta(seconds=5)
_OPEN = {"waiting", "running"}


async def look_at_guards(ctx: Context[Any], name: str, document: str, effective_from: datetime | None) -> None:
    """Return if the guards that a new document states hold, or it states none.

    Otherwise raises ``VersionRefused``: they are broken, or are being looked at. The replay that tells it is begun
    here. Raises ``InvalidDocument`` too.
    """
    now = ctx.clock.now()
    async with as_shop(ctx.web, name) as connection:
        shop = await announced_shop(connection, name)
        new = read_new(shop, document, effective_from, now, key=ctx.identity_key)
        if new.programme.guards is None or await is_in_force(connection, PROGRAMMES, name, document, now):
            return
        look = await latest_look(connection, name, document, now - HOLDS)
        is_new_shop = not await knows_customers(connection, name)
        waiting = await open_replays(connection, name, GUARD)
    if is_new_shop:
        return
    if look is not None and look.status in _OPEN:
        raise _pending(look)
    if look is not None and look.broken is not None:
        if not look.broken:
            return
        if look.created_at > now - BROKEN:
            raise _broken(look)
    if waiting >= LOOKS_MAX:
        raise VersionRefused(
            "too_many_replays",
            f"The guards of {LOOKS_MAX} other documents of this shop are being looked at",
            status=409,
            retry_after=RETRY_AFTER,
        )
    raise _pending(await _begin(ctx, shop, document, new, now))


async def _begin(ctx: Context[Any], shop: Shop, document: str, new: New, now: datetime) -> Look:
    """Ask for the replay: the document is in force for the last days, instead of what was."""
    days = shop_days(shop.zone)
    since = from_us(days.start_of(days.day_of(to_us(now)) - DAYS + 1))
    asked = json.encode(Asked(document, from_=since, words=new.words)).decode()
    replay_id = uuid4()
    async with as_shop_counting(ctx.web, shop.shop) as connection:
        await insert_replay(connection, NewReplay(shop.shop, replay_id, GUARD, asked, now))
    return Look(replay_id, "waiting", now, None)


def _pending(look: Look) -> VersionRefused:
    return VersionRefused(
        "guards_pending",
        f"What the guards of this programme say of the last {DAYS} days is being computed: send it again",
        status=409,
        retry_after=RETRY_AFTER,
        replay_id=str(look.replay_id),
    )


def _broken(look: Look) -> VersionRefused:
    broken = [each for each in look.findings or () if each["broken"]]
    told = "; ".join(
        f"{each['guard']} would be {each['found']}, and at most {each['limit']} is allowed" for each in broken
    )
    return VersionRefused(
        "guard_broken",
        f"With this programme in force for the last {DAYS} days, {told}",
        status=409,
        guards=list(look.findings or ()),
        replay_id=str(look.replay_id),
    )
