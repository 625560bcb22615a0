"""One fit of one shop: reads a sample, fits in a child process, inserts the version, marks the history it covers."""

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from churn.domain.customer import Terms
from churn.domain.forecast.version import version_of
from churn.domain.model import Model
from churn.models.backfill_rows import mark_fitted
from churn.models.calibration_rows import MaturedVersion, insert_calibrations, matured_versions
from churn.models.child import fit_in_child
from churn.models.forecast_rows import (
    Unchecked,
    check_forecasts,
    count_known,
    insert_forecast,
    unchecked_forecasts,
)
from churn.models.horizon_rows import find_horizon
from churn.models.rows import has_numbers, insert_model, load_terms
from churn.models.sample_rows import Chosen, choose_sample, read_sample
from churn.treatments.rows import treatments_of
from mandegar.database import as_shop_reporting, transaction
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

# In logits, the mean over customers: a version that moves scores by less is not put in force. It would say the same,
# and take customers who are near a line back over it, each day anew.
MOVES_MIN: Final = 0.05
# What of a fit is not the quality of its version.
_STORED_APART: Final = {"numbers", "calibrations", "forecast", "paid_after"}


class Wanted(NamedTuple):
    """What a fit is to see: days, horizon, the customers of its sample, versions and forecasts to hold against
    outcomes, and who got messages.
    """

    through: date
    horizon_weeks: int
    chosen: list[Chosen]
    matured: list[MaturedVersion]
    unchecked: list[Unchecked]
    treatments: list[tuple[int, int, bool]]


async def fit_shop(context: Context, shop: str, now: datetime, *, above: int = 0) -> int:
    """Fit a shop to its purchases before today, in its own zone; returns the model version in force afterwards.

    A version in force that was fitted stays if the new one says hardly anything else, for the same horizon. Of two
    processes that fit at once, the first to commit inserts its version. A new version is greater than ``above``.
    """
    async with as_shop_reporting(context.reporting, shop) as connection:
        terms = (await load_terms(connection, {shop}))[shop]
        through = last_whole_day(now, terms.days.zone)
        chosen = await choose_sample(connection, shop, through.toordinal())
        matured = await matured_versions(connection, shop, through) if chosen else []
        unchecked = await unchecked_forecasts(connection, shop, through) if chosen else []
        customers = await count_known(connection, shop, through.toordinal())
        treatments = await treatments_of(connection, shop, [each.customer_id for each in chosen])
        weeks = (await find_horizon(connection, shop)).weeks
    is_other = weeks * 7 != terms.model.horizon_days
    wanted = Wanted(through, weeks, chosen, matured, unchecked, treatments)
    fitted = await _fit(context, shop, terms, wanted) if chosen or is_other else None
    async with transaction(context.worker) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('fit ' || $1, 0))", shop)
        version = (await load_terms(connection, {shop}))[shop].model.version
        says_more = fitted is not None and (
            is_other or fitted["moves"] >= MOVES_MIN or not await has_numbers(connection, shop)
        )
        if fitted is not None and says_more and version == terms.model.version:
            version = max(version, above) + 1
            model = Model(version, version_of(fitted["numbers"]))
            await insert_model(connection, shop, model, fitted_at=now, through=through, quality=_quality(fitted))
        if fitted is not None:
            await insert_calibrations(connection, shop, matured, fitted["calibrations"])
            await check_forecasts(connection, shop, unchecked, fitted["paid_after"], now)
            if fitted["forecast"]["customers"]:
                known = max(customers, fitted["forecast"]["customers"])
                await insert_forecast(
                    connection, shop, through, fitted["forecast"], version=version, customers=known, made_at=now
                )
        await mark_fitted(connection, shop, version, now)
    log.info("shop_fitted", shop=shop, model_version=version, customers=len(chosen))
    return version


async def _fit(context: Context, shop: str, terms: Terms, wanted: Wanted) -> dict[str, Any]:
    request = {
        "customers": len(wanted.chosen),
        "through_day": wanted.through.toordinal(),
        "zone": terms.days.zone.key,
        "horizon_weeks": wanted.horizon_weeks,
        "in_force": terms.model.numbers.numbers(),
        "matured": [{"day": each.day.toordinal(), "numbers": each.model.numbers.numbers()} for each in wanted.matured],
        "unchecked": [each.day.toordinal() for each in wanted.unchecked],
        "treatments": wanted.treatments,
    }
    return await fit_in_child(request, read_sample(context, shop, wanted.chosen))


def last_whole_day(now: datetime, zone: ZoneInfo) -> date:
    """Yesterday in ``zone``: all fits of one day see the same purchases, so they find the same numbers."""
    return now.astimezone(zone).date() - timedelta(days=1)


def _quality(fitted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fitted.items() if name not in _STORED_APART}
