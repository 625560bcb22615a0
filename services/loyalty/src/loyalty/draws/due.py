"""Holds the draws that are due, each in a transaction of its own, by whichever process finds them first."""

from datetime import datetime, timedelta
from typing import NamedTuple

from loyalty.domain.draws import hash_of
from loyalty.domain.timed_draws import TimedDraw, timed_draws
from loyalty.draws.hold import TOO_MANY, hold
from loyalty.draws.ledger import MARGIN, Ledger
from loyalty.draws.rows import DrawRow, lock_draws
from loyalty.programme.draw_dues import draws_held, look_again_at, take_due_shop
from loyalty.programme.rows import rules_of
from loyalty.settings import LoyaltySettings
from mandegar.database import WorkerConnection, is_transient, transaction
from mandegar.quantities import from_us, to_us
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.stream import PermanentError
from mandegar.telemetry.logging import logger
from mandegar.web import Problem

log = logger(__name__)
POLL_SECONDS = 2.0
# Whatever becomes of a process that has taken a shop: after so long another one may take it.
TAKEN = timedelta(minutes=2)
# A draw is looked at again after so long: while the ledger is behind, after an error that may pass, and after another.
BEHIND = timedelta(minutes=1)
FAILED = timedelta(minutes=10)
POSTPONED = timedelta(hours=1)


class _Failure(NamedTuple):
    """A draw is tried again after so long; ``crowded``: more customers entered than it can have."""

    again: timedelta
    crowded: bool = False


async def hold_draws(context: Context[LoyaltySettings]) -> None:
    """Hold draws when they are due, until cancelled."""
    async with Ledger.of(context) as ledger:

        async def turn() -> bool:
            await ledger.look()
            return await hold_next(context, ledger.complete_until)

        await every(POLL_SECONDS, turn, name="draws")


async def hold_next(context: Context[LoyaltySettings], complete_until: datetime | None) -> bool:
    """Hold what is due of the next shop; False if no shop is due.

    Only draws that were due when the ledger was complete are held; None: nobody knows whether it is. No lock is held
    on the shop's due instant meanwhile, because new programmes set it.
    """
    now = context.clock.now()
    taken = now + TAKEN
    async with transaction(context.worker) as connection:
        shop = await take_due_shop(connection, now, taken)
    if shop is None:
        return False
    again, crowded = None, list[str]()
    try:
        again, crowded = await _hold_due(context, shop, now, complete_until)
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("draws_not_read", shop=shop)
        again = now + POSTPONED
    async with transaction(context.worker) as connection:
        await look_again_at(connection, shop, again, taken, crowded)
    return True


async def _hold_due(
    context: Context[LoyaltySettings], shop: str, now: datetime, complete_until: datetime | None
) -> tuple[datetime | None, list[str]]:
    """Hold the due draws of a shop in their order, and answer when to look again; None: when its rules change.

    Answers also which of them have too many entrants. One that cannot be held keeps back none of the others.
    """
    async with transaction(context.worker) as connection:
        waiting = await _waiting(connection, shop, now)
    again, crowded = list[datetime](), list[str]()
    for draw in waiting:
        due = from_us(draw.at)
        if due > now:
            again.append(due + MARGIN)
        elif complete_until is None or due > complete_until:
            log.info("draw_waits_for_ledger", shop=shop, draw=draw.name)
            again.append(max(due + MARGIN, now + BEHIND))
        elif (failure := await _try(context, shop, draw, now)) is not None:
            again.append(now + failure.again)
            crowded += [draw.name] * failure.crowded
    return min(again, default=None), crowded


async def _try(context: Context[LoyaltySettings], shop: str, draw: TimedDraw, now: datetime) -> _Failure | None:
    """Hold a draw, unless it was held or is given up by now; answer why it was not."""
    try:
        async with transaction(context.worker) as connection:
            await lock_draws(connection, shop)
            if draw not in await _waiting(connection, shop, now):
                return None
            await _hold(connection, shop, draw, now, context)
    except Exception as error:
        if is_transient(error):
            log.warning("draw_not_held", shop=shop, draw=draw.name, error=repr(error))
            return _Failure(FAILED)
        if isinstance(error, Problem | PermanentError):
            log.warning("draw_not_held", shop=shop, draw=draw.name, error=str(error))
        else:
            log.exception("draw_not_held", shop=shop, draw=draw.name)
        return _Failure(POSTPONED, crowded=isinstance(error, Problem) and error.code == TOO_MANY)
    log.info("draw_held", shop=shop, draw=draw.name)
    context.wake_relay()
    return None


async def _waiting(connection: WorkerConnection, shop: str, now: datetime) -> list[TimedDraw]:
    """The draws of a shop whose names were not drawn yet, in the order in which they are due."""
    rules = await rules_of(connection, shop)
    known = await draws_held(connection, shop)
    return [draw for draw in timed_draws(*rules, to_us(now)) if draw.name not in known]


async def _hold(
    connection: WorkerConnection, shop: str, draw: TimedDraw, now: datetime, context: Context[LoyaltySettings]
) -> None:
    begin, end = from_us(draw.begin), from_us(draw.end)
    row = DrawRow(shop, draw.name, draw.version, hash_of(draw.seed), draw.seed, begin, end, held_at=now)
    # The programme that was in force just before the end pays the winners, whatever came after it.
    counts_at = from_us(draw.end - 1)
    partitions = context.settings.partitions
    await hold(connection, row, draw.winners, counts_at, key=context.identity_key, partitions=partitions)
