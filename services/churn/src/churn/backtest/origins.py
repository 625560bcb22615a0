"""Rolling origins: at each, versions and baselines are fitted to what was known then, and judged by what came after."""

from typing import Final, NamedTuple

import numpy as np

from churn.backtest.baselines import Baselines, baseline_logits, fit_baselines
from churn.backtest.measures import Bin, Measured, bins, measure, resampled
from churn.domain.forecast.version import Version
from churn.fitting.fit_version import fit_version
from churn.fitting.hearing import MaturedSignals, matured_signals
from churn.fitting.likelihood import Floats, Ints
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import logits, logits_by_purchases
from churn.fitting.trust import EVERY_DAYS, FIRST_DAYS, Matured, matured

SCORE: Final = "score"
# The score of the same version by purchases alone, of logs that have signals.
PURCHASES_ONLY: Final = "purchases_only"


class Fitted(NamedTuple):
    """What was fitted at the end of ``day``; the version without its trust, and what each trust would have cost it."""

    day: int
    version: Version
    matured: Matured
    matured_signals: MaturedSignals | None
    baselines: Baselines


class Judged(NamedTuple):
    """One origin: version with trusts, measures by model, replicates of a bootstrap (3 x replicates) and bins."""

    day: int
    version: Version
    customers: int
    base_rate: float
    predicted: float
    measured: dict[str, Measured]
    replicates: dict[str, Floats]
    bins: list[Bin]


def origin_days(purchases: Purchases, horizon_days: int) -> list[int]:
    """The origins: 26 weeks after the first order, then every four weeks while a whole horizon follows.

    An origin is the end of a day. The last day of a log counts as not over.
    """
    if not purchases.customers:
        return []
    first = purchases.first_day + FIRST_DAYS - 1
    return list(range(first, purchases.last_day - horizon_days, EVERY_DAYS))


def with_buyers(purchases: Purchases, days: list[int], horizon_days: int) -> list[int]:
    """The origins in whose horizon anybody bought, be it a new customer: others lie in a gap between wrong years."""
    bought_on = np.unique(purchases.day)
    return [day for day in days if bought_on[np.searchsorted(bought_on, day, side="right")] <= day + horizon_days]


def fit_origin(purchases: Purchases, sample: Ints, day: int, horizon_weeks: float) -> Fitted:
    """Fit everything to what is known at the end of a day."""
    version = fit_version(purchases, day, sample, horizon_weeks)
    horizon_days = round(horizon_weeks * 7)
    return Fitted(
        day,
        version,
        matured(purchases, sample, day, version),
        matured_signals(purchases, sample, day, version),
        fit_baselines(purchases, day, horizon_days),
    )


def judge(purchases: Purchases, fitted: Fitted, version: Version, *, bootstrap: bool) -> Judged:
    """Hold the score of a version, and of the baselines, against the horizon that followed."""
    horizon_days = round(version.horizon_weeks * 7)
    rhythms = purchases.on(fitted.day)
    bought = purchases.bought(rhythms, fitted.day, horizon_days).astype(np.float64)
    by_model = {SCORE: logits(rhythms, version)}
    if purchases.signals is not None:
        by_model[PURCHASES_ONLY] = logits_by_purchases(rhythms, version)
    by_model |= baseline_logits(rhythms, fitted.baselines, version.horizon_weeks)
    score_bins = bins(by_model[SCORE], bought)
    return Judged(
        day=fitted.day,
        version=version,
        customers=len(bought),
        base_rate=float(bought.mean()),
        predicted=sum(part.said * part.customers for part in score_bins) / len(bought),
        measured={name: measure(values, bought) for name, values in by_model.items()},
        replicates=resampled(by_model, bought, rhythms.customer, purchases.customers) if bootstrap else {},
        bins=score_bins,
    )
