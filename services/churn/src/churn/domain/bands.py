"""Bands and the instants at which silence crosses from one into the next.

A line is a drop of the logit of P(buys within the horizon) below the customer's own fresh score, the one on the day of
the last purchase. An absolute line would flag nearly everyone of a slow shop. Reads and the timer both compare instants
with the same computed crossings, so an answer at the instant of a crossing is the band that was published.
"""

from math import ceil, isinf
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from churn.domain.model import Model
from churn.domain.purchases import WEEK_US, Purchase, Statistics, end_of_day_us, silence_weeks
from churn.domain.score import Curve, curve, odds, silence_at
from mandegar.events.churn import Band

BANDS: Final[tuple[Band, ...]] = ("healthy", "cooling", "at_risk", "lost")
_CLOSE = 1e-6
"""In logits: lines this near are decided by their computed instant, lines further passed need none to be computed."""


class Crossing(NamedTuple):
    """The instant from which a customer is in ``band`` if nothing happens."""

    band: Band
    at_us: int


class Standing(NamedTuple):
    """The band at an instant, since when, and what comes next in silence (none after ``lost``)."""

    band: Band
    since_us: int
    next: Crossing | None


def crossing(known: Statistics, model: Model, along: Curve, line: int) -> Crossing | None:
    """The crossing of line 0, 1 or 2; none when it is more than a century away."""
    silence = silence_at(along, odds(along, 0.0).logit - model.drops[line])
    if isinf(silence):
        return None
    return Crossing(BANDS[line + 1], known.silent_from_us + ceil(silence * WEEK_US))


def standing(
    bought: list[Purchase],
    known: Statistics,
    model: Model,
    zone: ZoneInfo,
    at_us: int,
    *,
    before_last: int | None = None,
) -> Standing:
    """The band at an instant, given purchases in order of day and their statistics.

    ``before_last`` is the start of the healthy run that the purchase before the last one was in, where it is known.
    """
    along = model.curve_of(known)
    drop = odds(along, 0.0).logit - odds(along, silence_weeks(known, at_us)).logit
    passed = sum(line <= drop - _CLOSE for line in model.drops)
    reached = crossing(known, model, along, passed - 1) if passed else None
    coming: Crossing | None = None
    for line in range(passed, len(model.drops)):
        coming = crossing(known, model, along, line)
        if coming is None or coming.at_us > at_us:
            break
        reached, coming = coming, None
    if reached is None:
        return Standing("healthy", healthy_since(bought, model, zone, before_last), coming)
    return Standing(reached.band, reached.at_us, coming)


def healthy_since(bought: list[Purchase], model: Model, zone: ZoneInfo, before_last: int | None = None) -> int:
    """The purchase since which silence never reached the first line, in microseconds since 1970.

    A fold of the purchases instead of a memory of the band, so that late orders and refunds lead to the same answer.
    With ``before_last`` only the last gap is looked at.
    """
    for index in range(len(bought) - 1, 0, -1):
        before = bought[index - 1]
        along = curve(model.parameters, index - 1, (before.day - bought[0].day) / 7, model.horizon_days / 7)
        silence = max(0, bought[index].at_us - end_of_day_us(before.day, zone)) / WEEK_US
        if odds(along, 0.0).logit - odds(along, silence).logit >= model.drops[0]:
            return bought[index].at_us
        if before_last is not None:
            return before_last
    return bought[0].at_us
