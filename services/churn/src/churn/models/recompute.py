"""The background task that brings customers under a new model version, a new zone, or the end of their history.

It only makes them due, in steps and in key order; the timer computes and publishes like it always does. It starts over
from what the rows say, so it may be killed anywhere.
"""

import asyncio

from churn.models.metrics import RECOMPUTING
from churn.models.recompute_rows import step
from churn.models.shop_rows import ShopTerms, shop_terms
from mandegar.clock import monotonic_seconds
from mandegar.database import is_transient, transaction
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS = 0.5
STEP_CUSTOMERS = 2_000
AGAIN_SECONDS = 20.0
"""A second look after the longest transaction: one that read the old terms may have made a customer behind our back."""


async def keep_terms(context: Context) -> None:
    """Keep every customer under their shop's terms, until cancelled."""
    done: dict[str, tuple[ShopTerms, float]] = {}
    while True:
        try:
            async with transaction(context.worker) as connection:
                shops = await shop_terms(connection)
            for terms in shops:
                seen, again_at = done.get(terms.shop, (None, 0.0))
                if seen != terms:
                    await _recompute(context, terms)
                    done[terms.shop] = (terms, monotonic_seconds() + AGAIN_SECONDS)
                elif again_at < monotonic_seconds():
                    await _recompute(context, terms)
                    done[terms.shop] = (terms, float("inf"))
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("recompute_starts_over", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


async def _recompute(context: Context, terms: ShopTerms) -> None:
    """Walk through a shop's customers until none is left under other terms, or the terms have changed again."""
    left, since = 0, monotonic_seconds()
    while stale := await _walk(context, terms):
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


async def _walk(context: Context, terms: ShopTerms) -> int:
    stale, after = 0, ""
    while True:
        async with transaction(context.worker) as connection:
            seen = await step(
                connection,
                terms,
                after,
                context.clock.now(),
                limit=STEP_CUSTOMERS,
                partitions=context.settings.partitions,
            )
        stale += seen.stale
        if seen.stale:
            context.wake_timer()
        if seen.last is None:
            return stale
        after = seen.last
