"""The background task that brings customers under the segments of their shop, a page at a time.

It makes them due, and the timer evaluates them; the next page waits until that has happened, so that what becomes due
by itself meanwhile hardly waits. What is left to do follows from the rows, so it may be killed anywhere.
"""

import asyncio
from functools import partial

from churn.memberships.definition_rows import next_generation
from churn.segments.bring_over_rows import Work, make_due, next_page, record_progress, shops_behind
from churn.segments.measure import measure
from mandegar.clock import monotonic_seconds
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS = 1.0
PAUSE_SECONDS = 0.1
PAGE_CUSTOMERS = 2_000
# After these seconds without progress the others go on: somebody's settling fails, and was put off.
STUCK_SECONDS = 20.0


async def bring_customers_over(context: Context) -> None:
    """Keep every customer under their shop's segments, until cancelled."""
    await every(LOOK_SECONDS, partial(bring_over, context), name="segments")


async def bring_over(context: Context) -> bool:
    """Open the segments of new shops, measure lines that are due, and bring a page of each shop over that is behind.

    Whether there is more to do at once.
    """
    async with transaction(context.worker) as connection:
        works = await shops_behind(connection, context.clock.now())
        for work in works:
            if work.opens:
                await next_generation(connection, work.shop, context.clock.now())
    goes_on = False
    for work in works:
        if work.measures:
            await measure(context, work.shop)
        elif work.brings and not work.opens:
            last = await _bring_page(context, work)
            async with transaction(context.worker) as connection:
                await record_progress(connection, work, last)
            goes_on = goes_on or last is not None
    return goes_on


async def _bring_page(context: Context, work: Work) -> str | None:
    """Have the timer evaluate the next page; returns the cursor behind it."""
    stale, since = -1, monotonic_seconds()
    while True:
        now = context.clock.now()
        async with transaction(context.worker) as connection:
            page = await next_page(connection, work, PAGE_CUSTOMERS, now)
            if page.waiting:
                await make_due(connection, work, page.waiting, now, context.settings.partitions)
        if not page.stale:
            return page.last
        if page.stale != stale:
            stale, since = page.stale, monotonic_seconds()
        elif monotonic_seconds() - since > STUCK_SECONDS:
            log.warning("segments_left_some", shop=work.shop, customers=stale)
            return page.last
        context.wake_timer()
        await asyncio.sleep(PAUSE_SECONDS)
