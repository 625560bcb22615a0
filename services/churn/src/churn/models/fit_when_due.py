"""The background task that fits: a shop whose history is complete at once, every shop once a day."""

import asyncio
from datetime import date

from churn.models.backfill_rows import mark_fitted, shops_to_fit
from churn.models.child import FitFailed
from churn.models.fit_shop import fit_shop, last_whole_day
from churn.models.shop_rows import ShopFits, shop_fits
from mandegar.database import is_transient, transaction
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS = 1.0
ATTEMPTS_MAX = 3


async def keep_models(context: Context) -> None:
    """Fit what is ready to be fitted, until cancelled."""
    tried: dict[str, date] = {}
    failures: dict[str, int] = {}
    while True:
        try:
            for shop in await _shops_due(context, tried):
                await _try_fit(context, shop, failures)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("fit_starts_over", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


async def _shops_due(context: Context, tried: dict[str, date]) -> list[str]:
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        complete = await shops_to_fit(connection, context.settings.partitions, now)
        known = await shop_fits(connection, now)
    daily = []
    for fits in known:
        yesterday = last_whole_day(now, fits.zone)
        if _is_due_today(fits, yesterday, tried):
            tried[fits.shop] = yesterday
            daily.append(fits.shop)
    return [*complete, *(shop for shop in daily if shop not in complete)]


def _is_due_today(fits: ShopFits, yesterday: date, tried: dict[str, date]) -> bool:
    """Once a day, and never while history of the shop is coming in or waits for a fit of its own."""
    seen = max((day for day in (fits.through_day, tried.get(fits.shop)) if day is not None), default=date.min)
    return not fits.filling and seen < yesterday


async def _try_fit(context: Context, shop: str, failures: dict[str, int]) -> None:
    now = context.clock.now()
    try:
        await fit_shop(context.worker, shop, now)
        failures.pop(shop, None)
    except FitFailed as error:
        failures[shop] = failures.get(shop, 0) + 1
        log.warning("fit_failed", shop=shop, attempt=failures[shop], error=str(error))
        if failures[shop] >= ATTEMPTS_MAX:  # history must not wait for ever: go on with the model there is
            failures.pop(shop)
            async with transaction(context.worker) as connection:
                await mark_fitted(connection, shop, 0, now)
