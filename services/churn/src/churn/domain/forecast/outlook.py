"""What a customer is expected to buy: how often within the horizon and within a year, and what that is worth.

While a customer is one, purchases are Poisson with a gamma rate, and each purchase is the last with a beta chance
(``churn.domain.score``). So within ``t`` weeks, with n = r + x, y = alpha + t_x + silence and B = b + x + 1,

    P(at least k purchases) = P(still a customer) * E[(1 - p)^(k - 1)] * P(negative binomial(n, y / (y + t)) >= k)
    E[(1 - p)^(k - 1)]      = beta(a, B + k - 1) / beta(a, B)

in closed form: the mean is the sum over k, a quantile the first k at which it is small enough. The score corrects
P(buys within the horizon); the chance to be a customer still, or else the rate, is taken such that both agree.
"""

from math import exp, expm1, lgamma, log, log1p
from typing import Final, NamedTuple

from churn.domain.forecast.curve import Curve, logit_at
from churn.domain.forecast.lines import log_probability
from churn.domain.forecast.version import Version

YEAR_WEEKS: Final = 52.0
# Of the money of one year later, this much is worth nothing today.
DISCOUNT_YEARLY: Final = 0.10
# The year's value lies within the interval with this probability.
INTERVAL: Final = 0.80
# So many orders of the shop's mean value are counted into a customer's own.
ORDERS_OF_THE_SHOP: Final = 2

# A corrected score that no chance to be a customer explains: the rate is at most so many times the closed form's.
_FASTER_MAX: Final = 3.0
_NEGLIGIBLE: Final = 1e-9
# Purchases are days, and a year has 366 of them.
_PURCHASES_MAX: Final = 366
# Standard deviations below the mean at which the terms of a negative binomial begin to count.
_FAR: Final = 12.0


class Outlook(NamedTuple):
    """Purchases (days with orders) that are expected, and their value in the shop's currency.

    ``year_value`` is discounted; ``year_low`` and ``year_high`` bound it with the probability ``INTERVAL``, by how many
    purchases there may be: each counts with the mean value, though single orders are larger and smaller.
    """

    purchases: float
    value: float
    year_purchases: float
    year_value: float
    year_low: float
    year_high: float


class Chances(NamedTuple):
    """How often a customer buys: ``n`` and ``y`` of the gamma rate, ``a`` and ``b`` of the chance to leave.

    ``here`` is P(still a customer), ``faster`` what the weeks are multiplied by.
    """

    n: float
    y: float
    a: float
    b: float
    here: float
    faster: float


def outlook(curve: Curve, silence: float, value: float, version: Version) -> Outlook:
    """The outlook after ``silence`` weeks, if a purchase is worth ``value``."""
    horizon, level = version.horizon_weeks, version.level
    chances = chances_of(curve, silence, version)
    in_horizon = expected(chances, horizon * level)
    by_half = expected(chances, effective(YEAR_WEEKS / 2, horizon, level))
    in_year = at_least(chances, effective(YEAR_WEEKS, horizon, level))
    by_year = sum(in_year)
    # Each half of the year counts as if all of it were paid in its middle.
    discounted = by_half * _discount(0.25) + (by_year - by_half) * _discount(0.75)
    worth = value * (discounted / by_year if by_year > 0.0 else 1.0)
    low, high = (quantile(in_year, share) for share in (0.5 - INTERVAL / 2, 0.5 + INTERVAL / 2))
    return Outlook(in_horizon, in_horizon * value, by_year, discounted * value, low * worth, high * worth)


def _discount(years: float) -> float:
    return exp(years * log1p(-DISCOUNT_YEARLY))


def purchase_value(net: float, purchases: int, version: Version) -> float:
    """What a purchase of a customer is worth: the mean of their own, drawn towards the shop's mean order."""
    shop = ORDERS_OF_THE_SHOP if version.mean_order > 0.0 else 0
    return max(net + shop * version.mean_order, 0.0) / (purchases + shop)


def effective(weeks: float, horizon: float, level: float) -> float:
    """Weeks as they count: those of the horizon by the calendar's level, later ones as always."""
    return level * min(weeks, horizon) + max(weeks - horizon, 0.0)


def chances_of(curve: Curve, silence: float, version: Version) -> Chances:
    """The chances under which P(buys within the horizon) is that of the score."""
    y0, n, _, horizon = curve.closed
    y, weeks = y0 + silence, horizon * version.level
    x = n - version.population.r
    a, b = version.population.a, version.population.b + x + 1.0
    logit = logit_at(curve, silence)
    log_buys = log_probability(logit)
    log_active = log(-expm1(-n * log1p(weeks / y)))
    if log_buys <= log_active:
        return Chances(n, y, a, b, exp(log_buys - log_active), 1.0)
    # log(1 - P(buys)) = -n log(1 + faster * weeks / y)
    faster = y / weeks * expm1(min(-log_probability(-logit) / n, 700.0))
    return Chances(n, y, a, b, 1.0, min(faster, _FASTER_MAX))


def expected(chances: Chances, weeks: float) -> float:
    """The mean number of purchases within ``weeks``."""
    return sum(at_least(chances, weeks))


def quantile(probabilities: list[float], share: float) -> int:
    """The smallest number of purchases that is not exceeded with probability ``share`` at least; of ``at_least``."""
    for more, probability in enumerate(probabilities):
        if probability <= 1.0 - share:
            return more
    return _PURCHASES_MAX


def at_least(chances: Chances, weeks: float) -> list[float]:
    """P(at least k purchases), from k = 1 until it is negligible."""
    n, y, a, b, here, faster = chances
    ratio = faster * weeks / y
    if ratio <= 0.0:
        return [0.0]
    log_idle, share = log1p(ratio), ratio / (1.0 + ratio)
    mean = n * ratio
    first = min(max(0, int(mean - _FAR * (mean * (1.0 + ratio)) ** 0.5)), _PURCHASES_MAX)
    log_mass = lgamma(n + first) - lgamma(n) - lgamma(first + 1.0) - n * log_idle + first * (log(ratio) - log_idle)
    mass, tail, staying = exp(log_mass), 1.0, 1.0
    probabilities: list[float] = []
    for k in range(1, _PURCHASES_MAX + 1):
        if k > first:
            tail = max(tail - mass, 0.0)
            mass *= (n + k - 1) / k * share
        probability = here * staying * tail
        probabilities.append(probability)
        if probability < _NEGLIGIBLE:
            break
        staying *= (b + k - 1) / (a + b + k - 1)
    return probabilities
