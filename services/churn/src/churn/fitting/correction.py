"""What a shop's own past teaches about the closed form: a logistic correction with bounded signs and a prior."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from churn.domain.forecast.features import FEATURES, INTERCEPT_MEAN
from churn.domain.forecast.version import Version
from churn.fitting.learned import prior_share
from churn.fitting.likelihood import Floats, Ints
from churn.fitting.purchases import Purchases, Rhythms
from churn.fitting.scoring import features, log_losses, sigmoid

WINDOWS: Final = 8
WINDOW_EVERY_DAYS: Final = 28
# A shop's first weeks have new customers only.
AGE_MIN_DAYS: Final = 42
HALF_LIFE_DAYS: Final = 91.0
_MEANS: Final = np.array([INTERCEPT_MEAN, *(feature.mean for feature in FEATURES)])
# The intercept's variance of a half as a precision, before those of the weights.
_PRECISIONS: Final = np.array([2.0, *(feature.sd**-2 for feature in FEATURES)])
_BOUNDS: Final = Bounds(
    [-np.inf, *(feature.low for feature in FEATURES)], [np.inf, *(feature.high for feature in FEATURES)]
)


def fit_correction(purchases: Purchases, customers: Ints, day: int, version: Version) -> Version:
    """The version with intercept and weights learned from windows whose outcome is known on ``day``."""
    horizon = horizon_days(version)
    rows, bought, weights = [], [], []
    for seen in outcomes(purchases, customers, day, horizon):
        rows.append(features(seen.rhythms, version))
        bought.append(seen.bought)
        weights.append(seen.weights)
    if not rows:
        return version
    table, outcome, weight = np.hstack(rows), np.hstack(bought).astype(np.float64), np.hstack(weights)
    closed = table[0] * FEATURES[0].scale + FEATURES[0].centre
    design = np.vstack([np.ones(table.shape[1]), table])
    size = max(float(weight.sum()), 1.0)

    def loss(coefficients: Floats) -> tuple[float, Floats]:
        logit = closed + coefficients @ design
        away = coefficients - _MEANS
        value = float(weight @ log_losses(logit, outcome)) + 0.5 * float(_PRECISIONS @ away**2)
        slope = design @ (weight * (sigmoid(logit) - outcome)) + _PRECISIONS * away
        return value / size, slope / size

    found = minimize(
        loss, _MEANS, jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 300, "ftol": 1e-12, "gtol": 1e-7}
    )
    intercept, *learned = (float(value) for value in found.x)
    buys = sigmoid(closed + found.x @ design)
    prior = prior_share((design * (weight * buys * (1.0 - buys))) @ design.T, _PRECISIONS)
    return version._replace(intercept=intercept, weights=tuple(learned), prior_of_correction=prior)


class Outcome(NamedTuple):
    """Customers as they were known before a window, whether they bought in it, and what they weigh."""

    rhythms: Rhythms
    bought: NDArray[np.bool_]
    weights: Floats


def outcomes(purchases: Purchases, customers: Ints, day: int, horizon: int) -> Iterator[Outcome]:
    """What became of customers in each of ``windows``; the later one is, the more it weighs."""
    for window, origin in enumerate(windows(purchases, day, horizon)):
        rhythms = purchases.on(origin, customers)
        age = 2.0 ** (-window * WINDOW_EVERY_DAYS / HALF_LIFE_DAYS)
        weights = age * purchases.split(rhythms, origin, horizon).weights()
        yield Outcome(rhythms, purchases.bought(rhythms, origin, horizon), weights)


def windows(purchases: Purchases, day: int, horizon: int, number: int = WINDOWS) -> Iterator[int]:
    """The days whose outcome is known on ``day`` and that are learned from, the latest first, at most so many.

    By default those that the correction learns from.
    """
    for window in range(number):
        origin = day - horizon - window * WINDOW_EVERY_DAYS
        if origin < purchases.first_day + AGE_MIN_DAYS:
            return
        yield origin


def horizon_days(version: Version) -> int:
    """The horizon in whole days."""
    return round(version.horizon_weeks * 7)
