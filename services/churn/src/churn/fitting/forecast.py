"""The revenue of the coming weeks from the customers that a shop has, with an interval.

By the population of the version in force, each customer places a compound number of orders; the sum over customers has
a mean and a variance. How far such sums were off in the past, four weeks at a time, is continued by a Gaussian process
that knows the year, whose scale is learned from the same errors. What the sum leaves to chance and what the process
leaves open make the interval.
"""

from math import erf, exp, log, sqrt
from typing import Any, Final, NamedTuple

import numpy as np

from churn.domain.forecast.outlook import INTERVAL, ORDERS_OF_THE_SHOP
from churn.domain.forecast.revenue import FORECAST_DAYS
from churn.domain.forecast.version import Version
from churn.domain.score import Parameters
from churn.fitting.level import YEAR_WEEKS
from churn.fitting.likelihood import Floats, cells_of
from churn.fitting.population import fit_population
from churn.fitting.purchases import Purchases, Rhythms

_WEEKS: Final = FORECAST_DAYS / 7
# Earlier forecasts that are made again, to see how far off they are: two years of them.
_BLOCKS_MAX: Final = 26
# The population of each is fitted to so many of the customers.
_FITTED_MAX: Final = 2_000
# In the first weeks of a shop there are hardly customers to be wrong about.
_FIRST_DAYS: Final = 4 * 7
# Squares of a purchase's value, in units of what was expected of it: so many count as if each were ``_SQUARE``.
_SQUARES: Final = 20.0
_SQUARE: Final = 1.5
# Scales of the process: their logarithm is normal.
_SCALES: Final = np.exp(np.linspace(np.log(0.03), np.log(1.5), 40))
_SCALE_MEAN: Final = 0.3
_SCALE_SD: Final = 0.5
_NEGLIGIBLE: Final = 1e-6
# Less is expected of nobody; and a sum that is mostly nothing has no wider interval than this variance makes.
_NOTHING: Final = 1e-9
_RELATIVE_MAX: Final = 4.0
# With fewer purchases, nothing at all comes in more often than the lower bound may be missed.
_PURCHASES_MIN: Final = -log(0.5 - INTERVAL / 2)
_PURCHASES_MAX: Final = 366


class Sum(NamedTuple):
    """The purchases and the revenue that are expected of all customers; its variance as independent ones make it."""

    purchases: float
    mean: float
    variance: float


def forecast(purchases: Purchases, day: int, version: Version) -> dict[str, Any]:
    """What the ``customers`` (their number) by the end of ``day`` will pay in the ``FORECAST_DAYS`` after it:
    ``expected`` (the median), and ``low`` and ``high`` around it, in the shop's currency."""
    square, rhythms = _square(purchases, day), purchases.on(day)
    present = _sum(rhythms, version.population, version.mean_order, square)
    if present.mean <= _NOTHING:
        return {"customers": len(rhythms.x), "expected": 0.0, "low": 0.0, "high": 0.0}
    blocks, errors, noise = [], [], []
    for block in range(1, _BLOCKS_MAX + 1):
        origin = day - block * FORECAST_DAYS
        if origin < purchases.first_day + _FIRST_DAYS - 1:
            break
        before = _sum_on(purchases, origin, square)
        paid = paid_after(purchases, origin)["paid"]
        # A shop's few orders weigh the same on both sides, so that a block without any has an error too.
        few = before.variance / max(before.mean, _NOTHING)
        blocks.append(-block * _WEEKS)
        errors.append(np.log((paid + few) / (before.mean + few)) if few > 0.0 else 0.0)
        noise.append(_relative(before))
    quantiles = _quantiles(np.array(blocks), np.array(errors), np.array(noise), _relative(present))
    low, middle, high = (present.mean * exp(quantile) for quantile in quantiles)
    if present.purchases < _PURCHASES_MIN:
        low = 0.0
    return {"customers": len(rhythms.x), "expected": middle, "low": low, "high": high}


def paid_after(purchases: Purchases, day: int) -> dict[str, Any]:
    """What the ``customers`` by the end of a ``day`` ``paid`` in the ``FORECAST_DAYS`` after it."""
    rhythms = purchases.on(day)
    paid = float(np.sum(purchases.revenue(rhythms, day, FORECAST_DAYS)))
    return {"day": day, "customers": len(rhythms.x), "paid": paid}


def _relative(of: Sum) -> float:
    return min(of.variance / of.mean**2, _RELATIVE_MAX) if of.mean > _NOTHING else _RELATIVE_MAX


def _sum_on(purchases: Purchases, day: int, square: float) -> Sum:
    """The sum as it would have been forecast on a day of the past, from what was known then."""
    rhythms = purchases.on(day)
    some = np.linspace(0, len(rhythms.x) - 1, min(len(rhythms.x), _FITTED_MAX)).astype(np.int64)
    x, t_x, silence = rhythms.x[some], rhythms.t_x[some], rhythms.silence[some]
    population = fit_population(cells_of(x, t_x, t_x + silence, np.ones(len(some))))
    return _sum(rhythms, population, float(np.sum(rhythms.net) / np.sum(rhythms.orders)), square)


def _sum(rhythms: Rhythms, population: Parameters, mean_order: float, square: float) -> Sum:
    purchases = rhythms.x + 1.0
    own = (rhythms.net + ORDERS_OF_THE_SHOP * mean_order) / (purchases + ORDERS_OF_THE_SHOP)
    value = np.maximum(own, 0.0)
    number, squared = _numbers(rhythms, population)
    spread = number * (square - 1.0) + np.maximum(squared - number * number, 0.0)
    return Sum(float(np.sum(number)), float(np.sum(number * value)), float(np.sum(spread * value * value)))


def _numbers(rhythms: Rhythms, population: Parameters) -> tuple[Floats, Floats]:
    """The mean number of purchases of each customer, and the mean of its square (``churn.domain.forecast.outlook``)."""
    r, alpha, a, b = population
    n, y = r + rhythms.x, alpha + rhythms.t_x + rhythms.silence
    log_gone = np.log(a) - np.log(b + rhythms.x) + n * np.log1p(rhythms.silence / (alpha + rhythms.t_x))
    here = np.exp(-np.logaddexp(0.0, log_gone))
    left = b + rhythms.x + 1.0
    share = _WEEKS / (y + _WEEKS)
    mass = np.exp(n * np.log1p(-share))
    tail = np.ones_like(mass)
    mean, squared = np.zeros_like(mass), np.zeros_like(mass)
    for k in range(1, _PURCHASES_MAX + 1):
        tail = np.maximum(tail - mass, 0.0)
        mass = mass * (n + k - 1) / k * share
        probability = here * tail
        mean += probability
        squared += (2 * k - 1) * probability
        if float(np.max(probability, initial=0.0)) < _NEGLIGIBLE:
            break
        here = here * (left + k - 1) / (a + left + k - 1)
    return mean, squared


def _square(purchases: Purchases, day: int) -> float:
    """The mean square of a purchase, in units of what was expected of it by those before."""
    rhythms = purchases.on(day)
    places = purchases.places_of(rhythms)
    later = places[places > purchases.start[purchases.customer[places]]]
    mean = float(np.sum(rhythms.net) / np.sum(rhythms.x + 1.0)) if len(rhythms.x) else 0.0
    if mean <= 0.0:
        return _SQUARE
    nth = later - purchases.start[purchases.customer[later]]
    expected = (purchases.net_before(later) + ORDERS_OF_THE_SHOP * mean) / (nth + ORDERS_OF_THE_SHOP)
    ratios = purchases.net[later] / expected
    return float((np.sum(ratios * ratios) + _SQUARES * _SQUARE) / (len(later) + _SQUARES))


def _quantiles(blocks: Floats, errors: Floats, noise: Floats, left: float) -> tuple[float, float, float]:
    """The quantiles of the coming block's error: of normal distributions, mixed over scales of the process."""
    apart = _kernel(blocks[:, None] - blocks)
    to_now = _kernel(blocks)
    own = float(_kernel(np.zeros(1))[0])
    weights, means, variances = [], [], []
    for scale in _SCALES:
        covariance = scale**2 * apart + np.diag(noise)
        weight = -0.5 * ((np.log(scale) - np.log(_SCALE_MEAN)) / _SCALE_SD) ** 2
        solved = np.linalg.solve(covariance, np.column_stack([errors, scale**2 * to_now]))
        weight += -0.5 * float(errors @ solved[:, 0]) - 0.5 * float(np.linalg.slogdet(covariance)[1])
        weights.append(weight)
        means.append(scale**2 * float(to_now @ solved[:, 0]))
        variances.append(max(scale**2 * (own - float(to_now @ solved[:, 1])), 0.0) + left)
    shares = np.exp(np.array(weights) - max(weights))
    shares /= np.sum(shares)
    sds = np.sqrt(np.array(variances))
    bounds = (0.5 - INTERVAL / 2, 0.5, 0.5 + INTERVAL / 2)
    low, middle, high = (_quantile(shares, np.array(means), sds, bound) for bound in bounds)
    return low, middle, high


def _quantile(shares: Floats, means: Floats, sds: Floats, share: float) -> float:
    low, high = float(np.min(means - 8.0 * sds)), float(np.max(means + 8.0 * sds))
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(
            part * 0.5 * (1.0 + erf((middle - mean) / (sd * sqrt(2.0))))
            for part, mean, sd in zip(shares, means, sds, strict=True)
        )
        low, high = (middle, high) if below < share else (low, middle)
    return (low + high) / 2


def _kernel(weeks: Floats) -> Floats:
    """The correlation of two blocks' errors by the weeks between them: for ever, months, blocks, the same season."""
    apart = np.abs(weeks)
    season = np.exp(-2.0 * np.sin(np.pi * apart / YEAR_WEEKS) ** 2 / 0.47**2 - apart / 1000.0)
    total: Floats = 0.15 + 0.15 * np.exp(-apart / 40.0) + 0.3 * np.exp(-apart / 4.0) + 0.4 * season
    return total
