"""The background task that brings every customer of a shop under a new programme version when it takes effect.

Nothing else touches all customers of a shop. It only makes them due, some at a time; the timer settles them.
"""

import asyncio

from loyalty.programme.rows import due_no_later_than
from loyalty.programme.tables import PROGRAMMES
from mandegar.database import is_transient
from mandegar.documents import recompute
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS = 2.0


async def recompute_customers(context: Context) -> None:
    """Make the customers of every new version due, until cancelled."""
    while True:
        try:
            more = await recompute_some(context)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("recompute_waits", error=type(error).__name__)
            more = False
        if not more:
            await asyncio.sleep(LOOK_SECONDS)


async def recompute_some(context: Context) -> bool:
    """Make the next customers of the oldest unfinished version due; False if there is no such version."""
    return await recompute.recompute_some(context, PROGRAMMES, due_no_later_than)
