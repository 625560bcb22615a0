"""The background tasks that bring every customer of a shop under new rules: of a programme, a cut-off, or a release.

Nothing else touches all customers of a shop. They only make them due, some at a time; the timer settles them.
"""

from loyalty.programme.cutoff_rows import next_change, record_older_meanings, record_progress
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import due_no_later_than
from loyalty.settings import LoyaltySettings
from mandegar.database import transaction
from mandegar.documents.recompute import POLL_SECONDS, lock_page, recompute
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)


async def recompute_customers(context: Context[LoyaltySettings]) -> None:
    """Make the customers of every new version due, until cancelled."""
    await recompute(context, PROGRAMMES, due_no_later_than)


async def apply_cutoffs(context: Context[LoyaltySettings]) -> None:
    """Make the customers of every shop due whose cut-off has changed, until cancelled.

    First those of all shops that an older release settled otherwise. A migration could not have that done: workers of
    the older release, if one is left, would do it under their own law.
    """
    looks_back = True

    async def turn() -> bool:
        nonlocal looks_back
        if looks_back:
            await settle_older_anew(context)
            looks_back = False
        return await apply_some(context)

    await every(POLL_SECONDS, turn, name="apply cut-offs")


async def settle_older_anew(context: Context[LoyaltySettings]) -> None:
    """Have all customers settled anew who were settled under an older meaning of the computation of points."""
    async with transaction(context.worker) as connection:
        await record_older_meanings(connection)


async def apply_some(context: Context[LoyaltySettings]) -> bool:
    """Make the next page of customers due under the oldest change of a cut-off; False if there is none."""
    async with transaction(context.worker) as connection:
        change = await next_change(connection)
        if change is None:
            return False
        now = context.clock.now()
        present, last = await lock_page(connection, change.shop, change.recomputed_to, context.settings.partitions)
        await due_no_later_than(connection, present, now)
        await record_progress(connection, change.shop, to=last, now=now)
    log.info("recomputing", kind="cut-off", shop=change.shop, done=last is None)
    context.wake_timer()
    return True
