"""When the score of one customer reaches a line, if nothing happens."""

from math import expm1, inf, log1p
from typing import Final

from churn.domain import score
from churn.domain.forecast.curve import Curve, logit_at

_STEPS_MAX: Final = 200
# Logits: a crossing this near to its line has arrived.
_NEAR: Final = 1e-11
# In log(1 + weeks): how far a crossing is looked for at first, by how much further then, and when it counts as never.
_FIRST_REACH: Final = log1p(8.0)
_REACH: Final = 3.0
_REACH_MAX: Final = log1p(score.SILENCE_MAX)
# How far beyond the secant's crossing a bound is looked for, and how far at least.
_BEYOND: Final = 1.15
_STEP: Final = 0.02


def silence_until(curve: Curve, logit: float) -> float:
    """The weeks of silence after which the score has fallen to ``logit``: zero if it starts there, infinite for never.

    Between the steps that complaints make, the score has no jump.
    """
    heard = curve.heard
    if heard is None or not heard.steps:
        return _smooth_until(curve, logit)
    for number, step in enumerate(heard.steps):
        before = _from_beginning(curve, number)
        if logit_at(before, step.silence) <= logit:
            return _smooth_until(before, logit)
        if logit_at(_from_beginning(curve, number + 1), step.silence) <= logit:
            return step.silence
    return _smooth_until(_from_beginning(curve, len(heard.steps)), logit)


def _from_beginning(curve: Curve, steps: int) -> Curve:
    """The curve as if the first steps had been made at the beginning, and the others never."""
    if curve.heard is None:
        return curve
    done = sum(step.weighs for step in curve.heard.steps[:steps])
    return curve._replace(heard=curve.heard._replace(steps=(), shift=curve.heard.shift + done))


def _smooth_until(curve: Curve, logit: float) -> float:
    """The same for a curve without steps.

    On log(1 + silence), along which scores are nearly straight: looks for an upper bound along the secant, then closes
    in on the crossing by the false position of Anderson and Björck. Depends on nothing but the curve and the logit.
    """
    low, above = 0.0, logit_at(curve, 0.0) - logit
    if above <= 0.0:
        return 0.0
    high = _FIRST_REACH
    while (below := logit_at(curve, expm1(high)) - logit) > 0.0:
        if high >= _REACH_MAX:
            return inf
        further = _BEYOND * below * (high - low) / (above - below) + _STEP if above > below else _REACH
        low, above = high, below
        high += min(further, _REACH)
    kept = 0
    for _ in range(_STEPS_MAX):
        middle = high - below * (high - low) / (below - above)
        if not low < middle < high:
            middle = (low + high) / 2
        gap = logit_at(curve, expm1(middle)) - logit
        if abs(gap) < _NEAR or not low < middle < high:
            return expm1(middle)
        if gap > 0.0:
            below *= _weight(gap, above) if kept == 1 else 1.0
            low, above, kept = middle, gap, 1
        else:
            above *= _weight(gap, below) if kept == -1 else 1.0
            high, below, kept = middle, gap, -1
    return expm1(high)


def _weight(gap: float, before: float) -> float:
    """How much the end that stays counts when the other has moved twice."""
    weight = 1.0 - gap / before
    return weight if weight > 0.0 else 0.5
