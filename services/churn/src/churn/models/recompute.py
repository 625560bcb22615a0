"""The background task that brings customers under a new model version, a new zone, or the end of their history.

It only makes them due, page by page; the timer computes and publishes them. What is left to do follows from the rows,
so it may be killed anywhere.
"""

import asyncio
from functools import partial

from churn.models.metrics import RECOMPUTING
from churn.models.recompute_rows import make_due, next_stale
from churn.models.shop_rows import ShopTerms, shop_terms
from mandegar.clock import monotonic_seconds
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS = 0.5
PAGE_CUSTOMERS = 2_000
# Longer than any transaction: one that began under the old terms may insert a customer behind the first walk, so every
# shop is walked a second time after this.
AGAIN_SECONDS = 20.0


async def recompute_customers(context: Context) -> None:
    """Keep every customer under their shop's terms, until cancelled."""
    await every(LOOK_SECONDS, partial(_recompute_changed, context, {}), name="recompute")


async def _recompute_changed(context: Context, done: dict[str, tuple[ShopTerms, float]]) -> None:
    """Recompute the shops whose terms have changed; ``done`` holds the last terms of each and when to walk again."""
    async with transaction(context.worker) as connection:
        shops = await shop_terms(connection)
    for terms in shops:
        previous, again_at = done.get(terms.shop, (None, 0.0))
        if previous != terms:
            await _recompute(context, terms)
            done[terms.shop] = (terms, monotonic_seconds() + AGAIN_SECONDS)
        elif again_at < monotonic_seconds():
            await _recompute(context, terms)
            done[terms.shop] = (terms, float("inf"))


async def _recompute(context: Context, terms: ShopTerms) -> None:
    """Walk over a shop's customers until none is left under other terms, or the terms have changed again."""
    left, since, before = 0, monotonic_seconds(), ""
    while True:
        stale, before = await _walk(context, terms, before)
        if not stale:
            break
        if stale != left:
            left, since = stale, monotonic_seconds()
        elif monotonic_seconds() - since > AGAIN_SECONDS:  # they stay due; no other shop has to wait for them
            log.warning("recompute_left_some", shop=terms.shop, customers=stale)
            break
        RECOMPUTING.set(stale)
        log.info("recomputing", shop=terms.shop, model_version=terms.model_version, customers_left=stale)
        await asyncio.sleep(LOOK_SECONDS)
        async with transaction(context.worker) as connection:
            if terms not in await shop_terms(connection):
                break
    RECOMPUTING.set(0)


async def _walk(context: Context, terms: ShopTerms, after: str) -> tuple[int, str]:
    """Make all stale customers after the id ``after`` due; returns how many there are, and a cursor before the first.

    The next walk begins there: the timer settles those that are due in the order in which they became it.
    """
    stale, before = 0, None
    cursor: str | None = after
    while cursor is not None:
        now = context.clock.now()
        async with transaction(context.worker) as connection:
            page = await next_stale(connection, terms, cursor, PAGE_CUSTOMERS, now)
            if page.waiting:
                await make_due(connection, terms, page.waiting, now, context.settings.partitions)
        if page.stale:
            stale += page.stale
            before = cursor if before is None else before
            context.wake_timer()
        cursor = page.last
    return stale, before or after
