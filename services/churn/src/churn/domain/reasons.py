"""Why a score is what it is, in words. The weights add up exactly to the change of the logit since the fresh score.

A text states only what can be counted in the customer's own orders: days are days of the shop's calendar, gaps lie
between days with orders. A gap is called usual from the second one on, and a customer is said to be late or to slow
down only if the figures in the text show it and the band is another than healthy; otherwise the one reason states how
long ago the last order was.

The change is walked in three steps from the day of the last purchase to now: silence up to the customer's mean gap,
silence beyond it (both make it less likely that they still are a customer), and the rate at which someone so silent
would buy if they still were one. The score is shared out among them as its closed form falls. What is not stated on its
own is part of the first step.
"""

from math import exp, log1p
from typing import NamedTuple

from churn.domain.orders import money
from churn.domain.score import odds
from churn.domain.standing import Moment, Standing
from mandegar.events.churn import Band, Reason

_GAPS_MIN = 2


class _Lateness(NamedTuple):
    """That silence is longer than ``gap``, the mean gap so far; ``widened`` is the mean that counts the silence too."""

    gap: int
    widened: int

    def evidence(self) -> dict[str, str | int | float]:
        return {"gap_days": self.widened, "gap_days_before": self.gap}


def reasons(standing: Standing, moment: Moment, band: Band) -> tuple[Reason, ...]:
    """The reasons at a moment, heaviest first; one of no weight on the day of the last purchase."""
    days = standing.days_since_last_order(moment.at_us)
    late = None if band == "healthy" else _lateness(standing, days)
    evidence = _evidence(standing, days)
    if days == 0:
        return (Reason(code="recent_order", text="Ordered today", weight=0.0, evidence=evidence),)
    rise = standing.fresh - moment.logit
    if late is None:
        return (_last_order(standing, days, rise, evidence),)
    within, beyond, slower = _weights(standing, moment, late.gap / 7, rise)
    text = f"No order for {_days(days)}; ordered every {_days(late.gap)} on average before"
    listed = [Reason(code="silence_longer_than_usual", text=text, weight=beyond, evidence=evidence)]
    if late.widened > late.gap:
        before, after = _days(late.gap), _days(late.widened)
        text = f"Slowing down: ordered every {before} on average, every {after} if this silence is counted"
        listed.append(Reason(code="slowing_down", text=text, weight=slower, evidence=late.evidence()))
    else:
        within += slower
    listed.append(_last_order(standing, days, within, evidence))
    return tuple(sorted(listed, key=lambda reason: -reason.weight))


def _lateness(standing: Standing, days: int) -> _Lateness | None:
    statistics = standing.statistics
    gap, x = statistics.mean_gap_days, statistics.x
    if x < _GAPS_MIN or gap is None or days <= gap:
        return None
    span = statistics.last_day - statistics.first_day + days
    return _Lateness(gap, (2 * span + x + 1) // (2 * (x + 1)))


def _weights(standing: Standing, moment: Moment, gap: float, rise: float) -> tuple[float, float, float]:
    """The parts of a rise: by silence within ``gap`` weeks, by silence beyond it, and by the slower rate."""
    along = standing.curve.closed
    fresh, now = odds(along, 0.0), odds(along, moment.silence)
    gap_logit = _logit_of(odds(along, min(moment.silence, gap)).log_alive + fresh.log_active)
    alive_logit = _logit_of(now.log_alive + fresh.log_active)
    whole = fresh.logit - now.logit
    if whole <= 0.0:
        return rise, 0.0, 0.0
    within, beyond = fresh.logit - gap_logit, gap_logit - alive_logit
    return rise * (within / whole), rise * (beyond / whole), rise * ((alive_logit - now.logit) / whole)


def _logit_of(log_p: float) -> float:
    return log_p - log1p(-exp(log_p))


def _evidence(standing: Standing, days: int) -> dict[str, str | int | float]:
    statistics = standing.statistics
    evidence: dict[str, str | int | float] = {
        "days_silent": days,
        "orders": statistics.orders,
        "days_with_orders": statistics.x + 1,
        "mean_order_value": statistics.mean_order_value,
        "last_order_value": f"{money(statistics.last_net):.2f}",
    }
    if statistics.x >= _GAPS_MIN and statistics.mean_gap_days is not None:
        evidence["usual_gap_days"] = statistics.mean_gap_days
    return evidence


def _last_order(standing: Standing, days: int, weight: float, evidence: dict[str, str | int | float]) -> Reason:
    """The reason that states when the last order was, and of how few orders it is the last."""
    statistics = standing.statistics
    ago = "yesterday" if days == 1 else f"{days} days ago"
    if statistics.x == 0:
        text = f"Ordered once, {ago}" if statistics.orders == 1 else f"Ordered on one day only, {ago}"
    elif statistics.x == 1:
        text = f"Ordered on two days only, {_days(statistics.last_day - statistics.first_day)} apart, last {ago}"
    else:
        return Reason(code="days_since_last_order", text=f"Last ordered {ago}", weight=weight, evidence=evidence)
    return Reason(code="few_purchases", text=text, weight=weight, evidence=evidence)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
