"""Background: when a shop has a new programme version, its customers are settled once it begins, some at a time.

This is the one thing that touches every customer of a shop. It can stop anywhere and goes on where it was.
"""

import asyncio

from loyalty.queries.telling import make_due, record_told, untold_programme
from shared.context import Context
from shared.database import is_weather, transaction
from shared.telemetry.logging import logger

log = logger(__name__)

CUSTOMERS_AT_ONCE = 1_000
LOOK_SECONDS = 2.0


async def tell_customers(context: Context) -> None:
    """Tell the customers of every new version, until cancelled."""
    while True:
        try:
            more = await tell_some(context)
        except Exception as error:
            if not is_weather(error):
                raise
            log.warning("telling_waits", error=type(error).__name__)
            more = False
        if not more:
            await asyncio.sleep(LOOK_SECONDS)


async def tell_some(context: Context) -> bool:
    """Tell the next customers of the oldest version that not all know; whether there was anybody to tell."""
    async with transaction(context.worker) as connection:
        programme = await untold_programme(connection)
        if programme is None:
            return False
        shop, version, effective_from, told_to = programme
        last = await make_due(connection, shop, told_to, effective_from, CUSTOMERS_AT_ONCE)
        await record_told(connection, shop, version, to=last, now=context.clock.now())
    log.info("programme_told", shop=shop, version=version, done=last is None)
    context.wake_timer()
    return True
