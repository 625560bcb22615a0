"""The checkers' own score: the formulas of decision 75 written out for one customer, without the product's curve."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, expm1, lgamma, log, log1p
from typing import Any, NamedTuple

# (centre, scale) of the thirteen features, in the order of a version's weights.
_SCALED = (
    (-1.5, 1.5), (0.5, 1.5), (-1.0, 1.2), (0.5, 0.7), (0.2, 0.4), (0.5, 1.0), (1.2, 1.0), (3.0, 0.7),
    (0.4, 0.5), (0.7, 0.7), (0.9, 0.8), (0.7, 0.35), (0.1, 0.2),
)  # fmt: skip
_SHARES = (1 / 2, 1 / 4, 1 / 12)


class Bought(NamedTuple):
    """The days with a purchase, as ordinals in order, and what all of them were worth together."""

    days: Sequence[int]
    worth: float


def probability(bought: Bought, silence: float, version: Mapping[str, Any]) -> float:
    """P(buys within the horizon) after so many weeks of silence."""
    logit = _logit(bought, silence, version)
    return exp(-log1p(exp(-logit))) if logit > 0 else exp(logit - log1p(exp(logit)))


def band_of(bought: Bought, silence: float, version: Mapping[str, Any]) -> int:
    """How many lines silence has reached: 0 is healthy, 3 is lost."""
    fresh, now = probability(bought, 0.0, version), probability(bought, silence, version)
    return sum(now <= line for line in lines(fresh))


def lines(fresh: float) -> tuple[float, float, float]:
    """The probabilities at which the bands after healthy begin; two in a hundred is lost as well."""
    cooling, at_risk, lost = (fresh * share for share in _SHARES)
    return cooling, at_risk, max(lost, min(0.02, fresh / 6))


def _logit(bought: Bought, u: float, version: Mapping[str, Any]) -> float:
    x, t_x = len(bought.days) - 1, (bought.days[-1] - bought.days[0]) / 7
    h, trust = version["horizon_weeks"], version["trust"]
    closed = _closed(x, t_x, u, h, version["population"])
    base = _closed(x, t_x, u, h * version["level"], version["population"])
    corrected = closed + version["intercept"] + version["shift"]
    features = _features(bought, x, t_x, u, closed, version)
    for weight, value, (centre, scale) in zip(version["weights"], features, _SCALED, strict=True):
        corrected += weight * (value - centre) / scale
    mixed: float = (1 - trust) * base + trust * corrected
    return mixed


def _closed(x: int, t_x: float, u: float, weeks: float, population: Mapping[str, float]) -> float:
    """MBG/NBD: still a customer and buys, against all else."""
    n, y = population["r"] + x, population["alpha"] + t_x
    log_gone = n * log1p(u / y) + log(population["a"] / (population["b"] + x))
    log_none = -n * log1p(weeks / (y + u))
    return log(-expm1(log_none)) - _log_sum([log_gone, log_none])


def _features(
    bought: Bought, x: int, t_x: float, u: float, closed: float, version: Mapping[str, Any]
) -> Sequence[float]:
    days = bought.days
    gaps = [(later - earlier) / 7 for earlier, later in pairwise(days)]
    here, fresh = _mixture(gaps, u, version)
    late = log(u + 0.5) - log((t_x + 8) / (x + 1))
    counts = [sum(2.0 ** (-(days[-1] - day + 7 * u) / half) for day in days) for half in (28, 91, 182)]
    median = version["median_value"]
    value = min(max(bought.worth / (x + 1), 0.0) / median, 20.0) if median > 0 else 1.0
    return [
        closed, here, fresh, max(late - log(2), 0), max(late - log(4), 0), log1p(u) if x == 0 else 0.0,
        log1p(x), log1p(t_x + u), *map(log1p, counts), log1p(value), _regularity(gaps),
    ]  # fmt: skip


def _regularity(gaps: Sequence[float]) -> float:
    x = len(gaps)
    if x < 3:
        return 0.0
    mean = sum(gaps) / x
    variance = sum((gap - mean) ** 2 for gap in gaps) / (x - 1)
    return max(-log((variance / max(mean, 0.1) ** 2 * (x - 1) + 2) / (x + 1)), 0.0)


def _mixture(gaps: Sequence[float], u: float, version: Mapping[str, Any]) -> tuple[float, float]:
    """By the clocks, the logit of being a customer still, and of buying within the horizon on the last day."""
    x, here, gone, buys, idle = len(gaps), [], [], [], []
    for part in version["mixture"]:
        c, (r, alpha, a, b) = part["clock"], (part["parameters"][name] for name in ("r", "alpha", "a", "b"))
        y = alpha + sum(gap**c for gap in gaps)
        weight = log(part["share"]) + lgamma(r + x) - lgamma(r) + r * log(alpha) - (r + x) * log(y)
        weight += lgamma(b + x + 1) + lgamma(a + b) - lgamma(a + b + x + 1) - lgamma(b)
        weight += x * log(c) + (c - 1) * sum(map(log, gaps))
        log_none = -(r + x) * log1p(version["horizon_weeks"] ** c / y)
        here.append(weight - (r + x) * log1p(u**c / y))
        gone.append(weight + log(a / (b + x)))
        buys.append(weight + log(-expm1(log_none)))
        idle.append(weight + log_none)
    fresh = _log_sum(buys) - _log_sum([*gone, *idle])
    return min(max(_log_sum(here) - _log_sum(gone), -8.0), 8.0), min(max(fresh, -8.0), 8.0)


def _log_sum(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + log(sum(exp(each - most) for each in logs))
