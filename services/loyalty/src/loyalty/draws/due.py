"""Holds the draws that are due, one in each transaction, by whichever process finds it first."""

from datetime import datetime, timedelta

from loyalty.domain.draws import hash_of
from loyalty.domain.timed_draws import TimedDraw, timed_draws
from loyalty.draws.hold import Held, hold
from loyalty.draws.rows import draws_held, lock_draws
from loyalty.programme.draw_dues import due_shop, look_again_at
from loyalty.programme.rows import load_rules
from loyalty.settings import LoyaltySettings
from mandegar.database import WorkerConnection, transaction
from mandegar.quantities import from_us, to_us
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.stream import PermanentError
from mandegar.telemetry.logging import logger
from mandegar.web import Problem

log = logger(__name__)
POLL_SECONDS = 2.0
# A shop one of whose draws cannot be held is looked at again after so long.
POSTPONED = timedelta(hours=1)


async def hold_draws(context: Context[LoyaltySettings]) -> None:
    """Hold draws when they are due, until cancelled."""
    await every(POLL_SECONDS, lambda: hold_next(context), name="draws")


async def hold_next(context: Context[LoyaltySettings]) -> bool:
    """Hold the next draw of a shop that is due; False if no shop is."""
    shop, now = None, context.clock.now()
    try:
        async with transaction(context.worker) as connection:
            shop = await due_shop(connection, now)
            if shop is None:
                return False
            held = await _hold_one(connection, shop, now, context)
    except (Problem, PermanentError) as error:
        log.warning("draw_not_held", shop=shop, error=str(error))
        async with transaction(context.worker) as connection:
            await look_again_at(connection, shop or "", now + POSTPONED)
        return True
    if held is not None:
        log.info("draw_held", shop=shop, draw=held.name)
        context.wake_relay()
    return True


async def _hold_one(
    connection: WorkerConnection, shop: str, now: datetime, context: Context[LoyaltySettings]
) -> TimedDraw | None:
    """Hold the first draw that was due and not held; if there is none, have the shop looked at for the next one."""
    await lock_draws(connection, shop)
    rules = (await load_rules(connection, [shop]))[shop]
    known = await draws_held(connection, shop)
    waiting = [draw for draw in timed_draws(*rules, to_us(now)) if draw.name not in known]
    if not waiting or waiting[0].at > to_us(now):
        await look_again_at(connection, shop, from_us(waiting[0].at) if waiting else None)
        return None
    draw = waiting[0]
    # The programme that was in force just before the end pays the winners, whatever came after it.
    held = Held(
        shop,
        draw.name,
        draw.version,
        hash_of(draw.seed),
        draw.seed,
        from_us(draw.begin),
        from_us(draw.end),
        draw.winners,
        from_us(draw.end - 1),
    )
    await hold(connection, held, now, key=context.identity_key, partitions=context.settings.partitions)
    return draw
