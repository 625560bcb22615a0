"""Bands and the instants at which silence crosses from one into the next.

A line is a drop of the logit of P(buys within the horizon) below the customer's own fresh score, the one on the day of
the last purchase. An absolute line would flag nearly everyone of a slow shop. Reads and the timer compare instants with
the same computed crossings, so the answer at the instant of a crossing is the band that was published.
"""

from math import ceil, isinf
from typing import Final, NamedTuple

from churn.domain.score import curve, odds, silence_at
from churn.domain.standing import Standing
from mandegar.events.churn import Band
from mandegar.quantities import WEEK_US

BANDS: Final[tuple[Band, ...]] = ("healthy", "cooling", "at_risk", "lost")

# In logits: lines this near are decided by their computed instant, lines further passed need none to be computed.
_CLOSE: Final = 1e-6


class Crossing(NamedTuple):
    """The instant from which a customer is in ``band`` if nothing happens."""

    band: Band
    at_us: int


class Span(NamedTuple):
    """The band at an instant, the start of its span, and the crossing that ends it in silence (None in ``lost``)."""

    band: Band
    since_us: int
    next: Crossing | None


def crossing(standing: Standing, line: int) -> Crossing | None:
    """The crossing of line 0, 1 or 2; None when it is more than a century away."""
    silence = silence_at(standing.curve, standing.fresh.logit - standing.model.drops[line])
    if isinf(silence):
        return None
    return Crossing(BANDS[line + 1], standing.statistics.silent_from_us + ceil(silence * WEEK_US))


def band_at(standing: Standing, at_us: int, *, healthy_before_last: int | None = None) -> Span:
    """The band at an instant.

    ``healthy_before_last`` is the start of the healthy span that the purchase before the last one was in, if known.
    """
    drops = standing.model.drops
    drop = standing.fresh.logit - standing.at(at_us).odds.logit
    passed = sum(line <= drop - _CLOSE for line in drops)
    reached = crossing(standing, passed - 1) if passed else None
    coming: Crossing | None = None
    for line in range(passed, len(drops)):
        coming = crossing(standing, line)
        if coming is None or coming.at_us > at_us:
            break
        reached, coming = coming, None
    if reached is None:
        return Span("healthy", healthy_since(standing, healthy_before_last), coming)
    return Span(reached.band, reached.at_us, coming)


def healthy_since(standing: Standing, before_last: int | None = None) -> int:
    """The purchase since which silence never reached the first line, in microseconds since 1970.

    A fold of the purchases instead of a memory of the band, so that late orders and refunds lead to the same answer.
    With ``before_last``, the answer for the purchase before the last one, only the last gap is looked at.
    """
    bought, model, days = standing.bought, standing.model, standing.days
    for index in range(len(bought) - 1, 0, -1):
        before = bought[index - 1]
        along = curve(model.parameters, index - 1, (before.day - bought[0].day) / 7, model.horizon_days / 7)
        silence = max(0, bought[index].at_us - days.end_of(before.day)) / WEEK_US
        if odds(along, 0.0).logit - odds(along, silence).logit >= model.drops[0]:
            return bought[index].at_us
        if before_last is not None:
            return before_last
    return bought[0].at_us
