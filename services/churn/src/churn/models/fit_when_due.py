"""The background task that fits models: every shop once a day, at once with a complete history or another horizon."""

from dataclasses import dataclass, field
from datetime import date
from functools import partial

from churn.models.backfill_rows import mark_fitted, shops_to_fit
from churn.models.child import FitFailed
from churn.models.fit_shop import fit_shop, last_whole_day
from churn.models.shop_rows import ShopFit, shop_fits
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS = 1.0
ATTEMPTS_MAX = 3


@dataclass(slots=True)
class Attempts:
    """What one process has tried, by shop: the last day of its daily fit, a horizon, and failures in a row."""

    tried: dict[str, date] = field(default_factory=dict)
    horizons: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)


async def fit_when_due(context: Context) -> None:
    """Fit what is due, until cancelled."""
    await every(LOOK_SECONDS, partial(_fit_due, context, Attempts()), name="fits")


async def _fit_due(context: Context, attempts: Attempts) -> None:
    for shop in await _shops_due(context, attempts):
        await _try_fit(context, shop, attempts)


async def _shops_due(context: Context, attempts: Attempts) -> list[str]:
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        complete = await shops_to_fit(connection, context.settings.partitions, now)
        fits = await shop_fits(connection, now)
    daily = []
    for fit in fits:
        yesterday = last_whole_day(now, fit.zone)
        if _is_due_today(fit, yesterday, attempts.tried.get(fit.shop)):
            attempts.tried[fit.shop] = yesterday
            daily.append(fit.shop)
        elif fit.other_horizon and not fit.filling and attempts.horizons.get(fit.shop) != fit.horizon_weeks:
            daily.append(fit.shop)
        attempts.horizons[fit.shop] = fit.horizon_weeks
    return [*complete, *(shop for shop in daily if shop not in complete)]


def _is_due_today(fit: ShopFit, yesterday: date, tried: date | None) -> bool:
    """Once a day, and never while history of the shop is coming in or awaits a fit of its own."""
    covered = max((day for day in (fit.through_day, tried) if day is not None), default=date.min)
    return not fit.filling and covered < yesterday


async def _try_fit(context: Context, shop: str, attempts: Attempts) -> None:
    now = context.clock.now()
    try:
        await fit_shop(context, shop, now)
        attempts.failures.pop(shop, None)
    except FitFailed as error:
        failed = attempts.failures[shop] = attempts.failures.get(shop, 0) + 1
        log.warning("fit_failed", shop=shop, attempt=failed, error=str(error))
        if failed >= ATTEMPTS_MAX:  # customers must not wait for a fit for ever: settle them under the present model
            del attempts.failures[shop]
            async with transaction(context.worker) as connection:
                await mark_fitted(connection, shop, 0, now)
