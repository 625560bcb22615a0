"""Bands and the instants at which silence crosses from one into the next.

A line is a share of the customer's own fresh probability to buy within the horizon, the one on the day of the last
purchase. An absolute line would flag nearly everyone of a slow shop. Reads and the timer compare instants with the same
computed crossings, so the answer at the instant of a crossing is the band that was published.
"""

from math import ceil, isinf, ulp
from typing import Final, NamedTuple

from churn.domain.forecast.crossing import silence_until
from churn.domain.forecast.curve import logit_at
from churn.domain.forecast.features import GAP_WEEKS
from churn.domain.standing import Standing
from mandegar.events.churn import Band
from mandegar.quantities import WEEK_US

BANDS: Final[tuple[Band, ...]] = ("healthy", "cooling", "at_risk", "lost")

# In logits: lines this near are decided by their computed instant, lines further passed need none to be computed.
_CLOSE: Final = 1e-6
# Of the usual gap, how long hardly anybody has reached the first line.
_QUIET: Final = 0.7
# A computed crossing is this near to its line: what a microsecond changes, and rounding.
_SAME: Final = 1e-9

_ROUNDING_US: Final = 0.01


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
    silence = silence_until(standing.curve, standing.lines[line])
    if isinf(silence):
        return None
    after_us = silence * WEEK_US
    if standing.curve.heard is not None and abs(after_us - round(after_us)) < max(_ROUNDING_US, 2 * ulp(after_us)):
        after_us = round(after_us)  # the instant of a complaint is a whole one
    return Crossing(BANDS[line + 1], standing.statistics.silent_from_us + ceil(after_us))


def band_at(standing: Standing, at_us: int) -> Span:
    """The band at an instant."""
    passed = _lines_passed(standing, at_us)
    coming = crossing(standing, passed) if passed < len(standing.lines) else None
    while passed:
        reached = crossing(standing, passed - 1)
        if reached is not None:
            return Span(reached.band, reached.at_us, coming)
        passed, coming = passed - 1, None  # too late for a date
    return Span("healthy", standing.healthy_since(), coming)


def quiet_until(standing: Standing) -> int | None:
    """An instant before which the customer crosses no line in silence, for less than what a crossing costs.

    Most customers are healthy that long after a purchase, and many of them buy before. None if this one is not.
    """
    statistics = standing.statistics
    silence = _QUIET * (statistics.t_x + GAP_WEEKS) / (statistics.x + 1)
    if logit_at(standing.curve, silence) <= standing.lines[0] + _CLOSE:
        return None
    return statistics.silent_from_us + int(silence * WEEK_US)


def span_known(standing: Standing, band: Band, since_us: int, until_us: int | None, at_us: int) -> Span | None:
    """The span at an instant, if it is that of ``band`` between crossings at ``since_us`` and ``until_us``; else None.

    To prove a crossing takes an eighth of the time that computing it takes. Silence crosses each line once, so between
    two crossings that follow each other there is no other band.
    """
    line = BANDS.index(band)
    if line and not (since_us <= at_us and _is_crossing(standing, line - 1, since_us)):
        return None
    coming = None
    if line < len(standing.lines):
        if until_us is None or at_us >= until_us or not _is_crossing(standing, line, until_us):
            return None
        coming = Crossing(BANDS[line + 1], until_us)
    return Span(band, since_us if line else standing.healthy_since(), coming)


def _is_crossing(standing: Standing, line: int, at_us: int) -> bool:
    return abs(standing.at(at_us).logit - standing.lines[line]) < _SAME


def passed_into(standing: Standing, at_us: int) -> Band:
    """The band at an instant, without working out since when and until when."""
    return BANDS[_lines_passed(standing, at_us)]


def _lines_passed(standing: Standing, at_us: int) -> int:
    """How many lines silence has reached by an instant."""
    logit = standing.at(at_us).logit
    for line, height in enumerate(standing.lines):
        if logit <= height - _CLOSE:
            continue
        coming = crossing(standing, line) if logit <= height + _CLOSE else None
        if coming is None or coming.at_us > at_us:
            return line
    return len(standing.lines)
