"""The background task that brings every customer of a shop under a new programme version once it begins.

This is the one thing that touches every customer of a shop. It only makes them due, some at a time; the timer settles
them. It can stop anywhere and goes on where it was.
"""

import asyncio

from loyalty.programme.recompute_rows import make_due, record_progress, unfinished_programme
from mandegar.database import is_weather, transaction
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

CUSTOMERS_AT_ONCE = 1_000
LOOK_SECONDS = 2.0


async def recompute_customers(context: Context) -> None:
    """Let the customers of every new version be due, until cancelled."""
    while True:
        try:
            more = await recompute_some(context)
        except Exception as error:
            if not is_weather(error):
                raise
            log.warning("recompute_waits", error=type(error).__name__)
            more = False
        if not more:
            await asyncio.sleep(LOOK_SECONDS)


async def recompute_some(context: Context) -> bool:
    """Let the next customers of the oldest unfinished version be due; whether there was such a version."""
    async with transaction(context.worker) as connection:
        programme = await unfinished_programme(connection)
        if programme is None:
            return False
        shop, version, effective_from, recomputed_to = programme
        last = await make_due(connection, shop, recomputed_to, effective_from, CUSTOMERS_AT_ONCE)
        await record_progress(connection, shop, version, to=last, now=context.clock.now())
    log.info("recomputing", shop=shop, programme_version=version, done=last is None)
    context.wake_timer()
    return True
