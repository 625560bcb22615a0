"""Why the score has fallen since the last purchase: the change of its logit, in parts that add up to it exactly.

Every term of the score that changes in silence belongs to one part. The closed forms are walked from the day of the
last purchase in two steps: first the silence makes it less likely that the customer still is one, then the rate at
which somebody so silent would buy slows down. The first step is cut at the customer's usual gap. Terms that do not
change in silence (value, regularity, number of purchases, the calendar's shift) are in both scores and in no part.
"""

from collections.abc import Sequence
from math import exp, expm1, log, log1p
from typing import Final, Literal, NamedTuple

from churn.domain import score
from churn.domain.forecast.curve import DECAYS, LOG_2, LOG_4, Curve, here_logit, logit_by_purchases
from churn.domain.signals.experience import Cause

# What signals are named by in reasons.
Signal = Literal["fewer_visits", "still_visits"] | Cause

# Weights are whole millionths of a logit, so that they add up in any order.
MILLIONTHS: Final = 1_000_000


class Parts(NamedTuple):
    """The rise of the risk's logit since the last purchase, in millionths; the sum of the parts is ``sum(parts)``.

    ``within`` is by silence up to the usual gap, ``beyond`` by silence after it. ``slower`` is by buying less often
    than before: fewer purchases lately, and a lower rate. ``age`` is by the time since the first purchase, in which
    others buy more.
    """

    within: int
    beyond: int
    slower: int
    age: int


class _Terms(NamedTuple):
    silence: float
    slower: float
    age: float


def parts(curve: Curve, silence: float, usual_gap: float | None, change: float) -> Parts:
    """The parts of a ``change`` of the logit by purchases, which is that of ``silence`` weeks.

    All silence is within the usual gap if there is none (None).
    """
    fresh, now = _terms(curve, 0.0), _terms(curve, silence)
    at_gap = now.silence if usual_gap is None or silence <= usual_gap else _terms(curve, usual_gap).silence
    slope = 1.0 if curve.heard is None else curve.heard.slope
    rises = (
        slope * (fresh.silence - at_gap),
        slope * (at_gap - now.silence),
        slope * (fresh.slower - now.slower),
        slope * (fresh.age - now.age),
    )
    return Parts(*_adding_up(millionths(change), rises))


def change_by_purchases(curve: Curve, silence: float) -> float:
    """By how much the risk's logit has risen through silence alone; 0 or more."""
    slope = 1.0 if curve.heard is None else curve.heard.slope
    return slope * (logit_by_purchases(curve, 0.0) - logit_by_purchases(curve, silence))


def parts_by_signals(curve: Curve, silence: float) -> dict[Signal, int]:
    """By how much signals have raised the risk's logit since the last purchase, in millionths: below 0 if they keep it
    down. What became of visits is two parts: that others have followed, if that keeps it down, and else that they have
    faded.
    """
    heard = curve.heard
    if heard is None:
        return {}
    found: dict[Signal, float] = {}
    before = heard.visited_before.at(silence) if heard.visited_before else 0.0
    since = before - heard.visited(silence)
    found["fewer_visits"] = heard.fresh() - heard.shift - before + max(since, 0.0)
    found["still_visits"] = min(since, 0.0)
    for cause, weight in heard.glad:
        found[cause] = found.get(cause, 0.0) - weight
    for step in heard.steps:
        if step.silence <= silence:
            found[step.cause] = found.get(step.cause, 0.0) - step.weighs
    return {signal: whole for signal, part in found.items() if (whole := round(part * MILLIONTHS))}


def millionths(change: float) -> int:
    """A change of the logit as it is stated; never below zero, as no score rises in silence."""
    return max(0, round(change * MILLIONTHS))


def _adding_up(total: int, rises: Sequence[float]) -> list[int]:
    """Each rise in millionths; the largest takes what rounding leaves of the total, the next ones what it lacks."""
    rounded = [max(0, round(part * MILLIONTHS)) for part in rises]
    left = total - sum(rounded)
    for place in sorted(range(len(rounded)), key=lambda place: -rounded[place]):
        taken = max(left, -rounded[place])
        rounded[place], left = rounded[place] + taken, left - taken
    return rounded


def _terms(curve: Curve, silence: float) -> _Terms:
    """The terms of the score that change in silence, by the part that they belong to."""
    by_form, by_clocks, twice, four_times, single, age, *counts = curve.slopes
    trust = curve.trust
    alive, whole = _silent(curve.closed, silence), _slow(curve.closed, silence)
    base_alive, base_whole = (
        (alive, whole) if curve.is_level else (_silent(curve.levelled, silence), _slow(curve.levelled, silence))
    )
    late = log(silence + 0.5) - curve.log_gap
    corrected = by_form * alive + by_clocks * here_logit(curve.clocks, silence)
    corrected += twice * max(late - LOG_2, 0.0) + four_times * max(late - LOG_4, 0.0)
    if curve.is_single:
        corrected += single * log1p(silence)
    fewer = by_form * (whole - alive)
    for slope, count, decay in zip(counts, curve.decayed, DECAYS, strict=True):
        fewer += slope * log1p(count * exp(decay * silence))
    return _Terms(
        silence=(1.0 - trust) * base_alive + trust * corrected,
        slower=(1.0 - trust) * (base_whole - base_alive) + trust * fewer,
        age=trust * age * log1p(curve.t_x + silence),
    )


def _silent(along: score.Curve, silence: float) -> float:
    """The logit of P(buys) of who was silent, and buys as fast as on the day of the last purchase if still here."""
    return _logit(along, silence, rate_after=0.0)


def _slow(along: score.Curve, silence: float) -> float:
    """The logit of P(buys)."""
    return _logit(along, silence, rate_after=silence)


def _logit(along: score.Curve, silence: float, rate_after: float) -> float:
    y0, n, log_q, horizon = along
    log_gone = n * log1p(silence / y0) - log_q  # the odds of having left, against those of being here
    log_none = -n * log1p(horizon / (y0 + rate_after))
    more, less = (log_gone, log_none) if log_gone > log_none else (log_none, log_gone)
    return log(-expm1(log_none)) - more - log1p(exp(less - more))
