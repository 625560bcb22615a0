"""Whether a shop's customers buy as its versions say, by the weeks whose horizon has passed.

A single week says little: horizons overlap, and a season lifts or lowers all of them. So the last weeks are compared
with what is usual for the shop, and the alarm waits for a difference that its seasons do not make.
"""

from collections.abc import Sequence
from math import exp, log
from statistics import fmean
from typing import Final, Literal, NamedTuple

Drift = Literal["unknown", "none", "fewer", "more"]

# Weeks that are compared; those directly before them share their horizon, and are left out.
RECENT_WEEKS: Final = 4
USUAL_WEEKS_MIN: Final = 26
YEAR_WEEKS: Final = 52
# A change by these factors is an alarm: against the same season of the year before, and in the first year, of which a
# half may be the quiet season and the next the busy one.
_RATIO: Final = 1.35
_RATIO_OF_FIRST_YEAR: Final = 1.9
# Standard deviations of chance alone, and the variance of a week's count in counts: purchases cluster.
_DEVIATIONS: Final = 3.0
_OVERDISPERSION: Final = 1.5


class Week(NamedTuple):
    """A week: how many of the shop's customers were to buy within the horizon, and how many bought."""

    said: float
    bought: float

    @property
    def log_ratio(self) -> float:
        """The logarithm of buyers divided by predicted buyers; 0 without either."""
        return log((self.bought + 1.0) / (self.said + 1.0))


class Watched(NamedTuple):
    """``recent`` and ``usual`` are buyers divided by predicted buyers, 1 as predicted; None where there are too few
    weeks.
    """

    drift: Drift
    recent: float | None
    usual: float | None


def watch(weeks: Sequence[Week], horizon_weeks: int = 8) -> Watched:
    """Compare the last weeks with the earlier ones, oldest first, a week apart."""
    ratios = [week.log_ratio for week in weeks]
    if not ratios:
        return Watched("unknown", None, None)
    recent = fmean(ratios[-RECENT_WEEKS:])
    before = ratios[: -RECENT_WEEKS - horizon_weeks]
    if len(before) < USUAL_WEEKS_MIN:
        return Watched("unknown", exp(recent), None)
    season = ratios[-YEAR_WEEKS - RECENT_WEEKS : -YEAR_WEEKS] if len(ratios) >= YEAR_WEEKS + RECENT_WEEKS else []
    usual = fmean(season or before)
    bought = fmean([week.bought for week in weeks[-RECENT_WEEKS:]])
    chance = _DEVIATIONS * (_OVERDISPERSION * (1 + bool(season)) / (bought + 1.0)) ** 0.5
    away = recent - usual
    if abs(away) <= max(log(_RATIO if season else _RATIO_OF_FIRST_YEAR), chance):
        return Watched("none", exp(recent), exp(usual))
    return Watched("fewer" if away < 0 else "more", exp(recent), exp(usual))
