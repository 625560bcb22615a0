"""One customer's score as a function of silence: the logit of P(buys within the horizon), which never rises.

The score mixes a closed form over the shop's population with a correction learned from the shop's own past
(decision 75 has the formulas). All that does not depend on silence is computed once, in ``prepare``.
"""

from functools import lru_cache
from math import exp, expm1, lgamma, log, log1p
from typing import Final, NamedTuple

from churn.domain import score
from churn.domain.forecast.features import (
    FEATURES,
    GAP_WEEKS,
    LOGIT_MAX,
    REGULAR_GAP_MIN,
    REGULAR_MIN,
    VALUE_MAX,
)
from churn.domain.forecast.heard import Heard
from churn.domain.forecast.rhythm import FIRST_PURCHASE, HALF_LIVES_DAYS, Rhythm
from churn.domain.forecast.version import Component, Version

LOG_2: Final = log(2.0)
LOG_4: Final = log(4.0)
DECAYS: Final = tuple(-7.0 * LOG_2 / half_life for half_life in HALF_LIVES_DAYS)
_SCALES: Final = tuple(feature.scale for feature in FEATURES)
_CENTRES: Final = tuple(feature.centre for feature in FEATURES)


class Clock(NamedTuple):
    """One clock's part in the odds of being a customer still: exp(log_odds) * (1 + u^clock / y0)^-n."""

    clock: float
    log_odds: float
    y0: float
    n: float


class Curve(NamedTuple):
    """A customer's score as a function of silence; ``slopes`` are those of the terms that change, ready to multiply.

    ``heard`` is what signals add, if any.
    """

    closed: score.Curve
    levelled: score.Curve
    trust: float
    constant: float
    slopes: tuple[float, ...]
    clocks: tuple[Clock, ...]
    log_gap: float
    t_x: float
    is_single: bool
    is_level: bool
    decayed: tuple[float, ...]
    heard: Heard | None = None


class _Part(NamedTuple):
    """What a component of the mixture is to any customer: ``log_weight`` is its share without the customer's part."""

    clock: float
    r: float
    alpha: float
    b: float
    sum_ab: float
    log_a: float
    log_weight: float
    log_clock: float
    horizon: float


class _Constants(NamedTuple):
    """What a version is to any customer."""

    parts: tuple[_Part, ...]
    constant: float
    fresh: float
    repeats: float
    value: float
    regular: float
    slopes: tuple[float, ...]


def prepare(rhythm: Rhythm, mean_value: float, version: Version, heard: Heard | None = None) -> Curve:
    """The curve of a customer whose purchases were worth ``mean_value`` each, in the shop's currency.

    ``heard`` is what signals add; without it the score is that of purchases alone.
    """
    by_value = _constants(version).value * log1p(relative_value(mean_value, version.median_value))
    if rhythm.x:
        return _curve(rhythm, by_value, version, heard)
    first = _of_first_purchase(version)
    return first._replace(constant=first.constant + by_value, heard=heard)


@lru_cache(maxsize=256)
def _of_first_purchase(version: Version) -> Curve:
    """What all who have bought once have in common, and they are half of the customers."""
    return _curve(FIRST_PURCHASE, 0.0, version, None)


def _curve(rhythm: Rhythm, by_value: float, version: Version, heard: Heard | None) -> Curve:
    x, t_x = rhythm.x, rhythm.t_x
    horizon = version.horizon_weeks
    constants = _constants(version)
    clocks, log_gone = _clocks(rhythm, constants.parts)
    constant = constants.constant + constants.fresh * _fresh_logit(clocks, log_gone, constants.parts)
    constant += constants.repeats * log1p(x)
    constant += by_value
    constant += constants.regular * regularity(rhythm)
    closed = score.curve(version.population, x, t_x, horizon)
    is_level = version.level == 1.0
    return Curve(
        closed=closed,
        levelled=closed if is_level else closed._replace(horizon=horizon * version.level),
        trust=version.trust,
        constant=constant,
        slopes=constants.slopes,
        clocks=tuple([Clock(clock, log_odds - log_gone, y0, n) for clock, log_odds, y0, n in clocks]),
        log_gap=log((t_x + GAP_WEEKS) / (x + 1)),
        t_x=t_x,
        is_single=x == 0,
        is_level=is_level,
        decayed=rhythm.decayed,
        heard=heard,
    )


@lru_cache(maxsize=256)
def _constants(version: Version) -> _Constants:
    weights = [weight / scale for weight, scale in zip(version.weights, _SCALES, strict=True)]
    constant = version.intercept + version.shift
    constant -= sum(weight * centre for weight, centre in zip(weights, _CENTRES, strict=True))
    parts = tuple(_part(component, version.horizon_weeks) for component in version.mixture)
    slopes = (1.0 + weights[0], *weights[1:2], *weights[3:6], weights[7], *weights[8:11])
    return _Constants(parts, constant, weights[2], weights[6], weights[11], weights[12], slopes)


def _part(component: Component, horizon: float) -> _Part:
    clock, share, (r, alpha, a, b) = component
    log_weight = log(share) - lgamma(r) + r * log(alpha) + lgamma(a + b) - lgamma(b)
    return _Part(clock, r, alpha, b, a + b, log(a), log_weight, log(clock), horizon**clock)


def fresh_logit(curve: Curve) -> float:
    """The logit of P(buys within the horizon) on the day of the last purchase."""
    by_purchases, heard = logit_by_purchases(curve, 0.0), curve.heard
    return by_purchases if heard is None else heard.slope * by_purchases + heard.fresh()


def before_silence(curve: Curve) -> Curve:
    """The curve by what was known on the day of the last purchase."""
    heard = curve.heard
    if heard is None:
        return curve
    return curve._replace(heard=heard._replace(visits=heard.visited_before, steps=(), glad=()))


def logit_at(curve: Curve, silence: float) -> float:
    """The logit of P(buys within the horizon) after ``silence`` weeks, by what is known now."""
    by_purchases, heard = logit_by_purchases(curve, silence), curve.heard
    return by_purchases if heard is None else heard.slope * by_purchases + heard.at(silence)


def logit_by_purchases(curve: Curve, silence: float) -> float:
    """The same by purchases alone."""
    closed = _closed_form(curve.closed, silence)
    trust = curve.trust
    if not trust:
        return closed if curve.is_level else _closed_form(curve.levelled, silence)
    base = closed if curve.is_level else _closed_form(curve.levelled, silence)
    return (1.0 - trust) * base + trust * _corrected(curve, silence, closed)


def _closed_form(along: score.Curve, silence: float) -> float:
    """The logit of ``score.odds``, without the rest of them: being a customer still is in both chances."""
    y0, n, log_q, horizon = along
    w = n * log1p(silence / y0) - log_q
    log_none = -n * log1p(horizon / (y0 + silence))
    more, less = (w, log_none) if w > log_none else (log_none, w)
    return log(-expm1(log_none)) - more - log1p(exp(less - more))


def _corrected(curve: Curve, silence: float, closed: float) -> float:
    by_form, by_clocks, twice, four_times, single, age, monthly, quarterly, half_yearly = curve.slopes
    logit = curve.constant + by_form * closed + age * log1p(curve.t_x + silence)
    logit += by_clocks * here_logit(curve.clocks, silence)
    late = log(silence + 0.5) - curve.log_gap
    if late > LOG_2:
        logit += twice * (late - LOG_2)
        if late > LOG_4:
            logit += four_times * (late - LOG_4)
    if curve.is_single:
        logit += single * log1p(silence)
    month, quarter, half_year = curve.decayed
    by_month, by_quarter, by_half_year = DECAYS
    logit += monthly * log1p(month * exp(by_month * silence))
    logit += quarterly * log1p(quarter * exp(by_quarter * silence))
    return logit + half_yearly * log1p(half_year * exp(by_half_year * silence))


def relative_value(mean_value: float, median_value: float) -> float:
    """How often a purchase's value has the shop's median in it; 1 while the median is unknown."""
    return min(max(mean_value, 0.0) / median_value, VALUE_MAX) if median_value > 0.0 else 1.0


def regularity(rhythm: Rhythm) -> float:
    """-log of the squared coefficient of variation of the gaps, drawn towards 1, if that is above 0; from three on."""
    x = rhythm.x
    if x < REGULAR_MIN:
        return 0.0
    mean = rhythm.t_x / x
    variance = max((rhythm.squared_gaps - x * mean * mean) / (x - 1), 0.0)
    spread = variance / max(mean, REGULAR_GAP_MIN) ** 2
    return max(-log((spread * (x - 1) + 2.0) / (x + 1)), 0.0)


def _clocks(rhythm: Rhythm, parts: tuple[_Part, ...]) -> tuple[list[tuple[float, float, float, float]], float]:
    """Each clock's part in the odds, and the logarithm of the weight of having left after the last purchase."""
    x, log_gaps, clocks, gone = rhythm.x, rhythm.log_gaps, [], []
    for (clock, r, alpha, b, sum_ab, log_a, log_weight, log_clock, _), warped in zip(parts, rhythm.warped, strict=True):
        n, y0 = r + x, alpha + warped
        log_weight += lgamma(n) - n * log(y0) + lgamma(b + x + 1) - lgamma(sum_ab + x + 1)
        log_weight += x * log_clock + (clock - 1.0) * log_gaps
        clocks.append((clock, log_weight, y0, n))
        gone.append(log_weight + log_a - log(b + x))
    return clocks, _log_sum(gone)


def here_logit(clocks: tuple[Clock, ...], silence: float) -> float:
    """The logit of being a customer still."""
    odds = 0.0
    for clock, log_odds, y0, n in clocks:
        log_part = log_odds - n * log1p(silence**clock / y0)
        if log_part >= LOGIT_MAX:
            return LOGIT_MAX
        odds += exp(log_part)
    return _clipped(log(odds)) if odds > 0.0 else -LOGIT_MAX


def _fresh_logit(clocks: list[tuple[float, float, float, float]], log_gone: float, parts: tuple[_Part, ...]) -> float:
    """The logit of P(buys within the horizon) by the mixture, on the day of the last purchase."""
    buys, idle = [], [log_gone]
    for (_, log_weight, y0, n), part in zip(clocks, parts, strict=True):
        log_none = -n * log1p(part.horizon / y0)
        buys.append(log_weight + log(-expm1(log_none)))
        idle.append(log_weight + log_none)
    return _clipped(_log_sum(buys) - _log_sum(idle))


def _clipped(logit: float) -> float:
    return min(max(logit, -LOGIT_MAX), LOGIT_MAX)


def _log_sum(logs: list[float]) -> float:
    most = max(logs)
    return most + log(sum([exp(value - most) for value in logs]))
