"""Why a score is what it is, in words. The weights add up exactly to the change of the logit since the last purchase.

A text states only what can be counted in the customer's own orders: days are days of the shop's calendar, gaps lie
between days with orders. A gap is called usual from the second one on, and a customer is said to be late or to slow
down only if the figures in the text show it and the band is another than healthy; otherwise the one reason states how
long ago the last order was. What is not stated on its own is part of that reason. Visits and praise have weights below
zero where they keep the risk down.
"""

from datetime import date
from typing import Final, NamedTuple

from churn.domain.forecast import signal_words, words
from churn.domain.forecast.explain import (
    MILLIONTHS,
    Parts,
    Signal,
    change_by_purchases,
    millionths,
    parts,
    parts_by_signals,
)
from churn.domain.forecast.words import Language
from churn.domain.orders import money
from churn.domain.purchases import Statistics
from churn.domain.signals.experience import felt
from churn.domain.standing import Moment, Standing
from mandegar.events.churn import Band, Reason

_GAPS_MIN: Final = 2
# Visits within so many days are told.
_RECENT_DAYS: Final = 28
_DAY_0: Final = date(1970, 1, 1).toordinal()
# A part of the change smaller than this share is not worth a sentence of its own.
_SHARE_MIN: Final = 0.05

_Evidence = dict[str, str | int | float]


class _Lateness(NamedTuple):
    """That silence is longer than ``gap``, the mean gap so far; ``widened`` is the mean that counts the silence too."""

    gap: int
    widened: int

    def evidence(self) -> _Evidence:
        return {"gap_days": self.widened, "gap_days_before": self.gap}


def reasons(standing: Standing, moment: Moment, band: Band, language: Language = "en") -> tuple[Reason, ...]:
    """The reasons at a moment, heaviest first; on the day of the last purchase one of no weight."""
    statistics, days = standing.statistics, standing.days_since_last_order(moment.at_us)
    evidence = _evidence(statistics, days)
    if days == 0:
        return (Reason(code="recent_order", text=words.ordered_today(language), weight=0.0, evidence=evidence),)
    late = None if band == "healthy" else _lateness(statistics, days)
    change = change_by_purchases(standing.curve, moment.silence)
    told = parts(standing.curve, moment.silence, late and late.gap / 7, change)
    by_signals = parts_by_signals(standing.curve, moment.silence)
    listed, rest, seen = list[Reason](), sum(told) + sum(by_signals.values()), _Evidence()
    for signal, weight in by_signals.items():
        if abs(weight) > _SHARE_MIN * (sum(told) + sum(map(abs, by_signals.values()))):
            text, seen = _of_signal(signal, standing, moment, language)
            listed.append(_reason(signal, text, weight, seen))
            rest -= weight
    if late is not None:
        text = words.silent_for_long(days, late.gap, language)
        listed.append(_reason("silence_longer_than_usual", text, told.beyond, evidence))
        rest -= told.beyond
        if late.widened > late.gap:
            text = words.slowing_down(late.gap, late.widened, language)
            listed.append(_reason("slowing_down", text, told.slower, late.evidence()))
            rest -= told.slower
    if band != "healthy" and statistics.x >= _GAPS_MIN and _is_worth_a_sentence(told.age, told):
        since = statistics.last_day - statistics.first_day + days
        text = words.few_for_age(statistics.first_day, since, statistics.x + 1, language)
        seen = {"days_since_first_order": since, "days_with_orders": statistics.x + 1}
        listed.append(_reason("few_orders_for_age", text, told.age, seen))
        rest -= told.age
    code, text = _last_order(statistics, days, language)
    listed.append(_reason(code, text, rest, evidence))
    return tuple(sorted(listed, key=lambda reason: -reason.weight))


def rise_of(standing: Standing, moment: Moment) -> float:
    """By how much the risk's logit has risen since the last purchase: what all weights add up to."""
    curve, silence = standing.curve, moment.silence
    if standing.days_since_last_order(moment.at_us) == 0:
        return 0.0  # what follows that day is not known on it
    by_signals = parts_by_signals(curve, silence)
    return (millionths(change_by_purchases(curve, silence)) + sum(by_signals.values())) / MILLIONTHS


def _of_signal(signal: Signal, standing: Standing, moment: Moment, language: Language) -> tuple[str, _Evidence]:
    """The text and the evidence of what a signal has changed."""
    days = standing.days
    if signal in {"still_visits", "fewer_visits"}:
        visited = standing.signals.visited
        last = visited.last + _DAY_0
        since = max(days.day_of(moment.at_us) - last, 0)
        recent = sum(1 for day in visited.days() if day > visited.last - _RECENT_DAYS)
        text = signal_words.of_visits(signal, since, recent, language)
        return text, {"days_since_last_visit": since, "days_with_a_visit_in_four_weeks": recent}
    since_us = standing.statistics.silent_from_us
    causes = [each for each in felt(standing.signals.facts) if each.cause == signal and each.at_us >= since_us]
    past = [each for each in causes if each.at_us <= moment.at_us]
    since = max(days.day_of(moment.at_us) - days.day_of(past[-1].at_us), 0) if past else 0
    is_answered = bool(past) and all(each.eased_us is not None for each in past)
    text = signal_words.of_experience(signal, since, language, is_answered=is_answered)
    return text, {"times": len(past), "days_since_last": since}


def _is_worth_a_sentence(part: int, told: Parts) -> bool:
    return part > _SHARE_MIN * sum(told)


def _reason(code: str, text: str, millionths: int, evidence: _Evidence) -> Reason:
    return Reason(code=code, text=text, weight=millionths / MILLIONTHS, evidence=evidence)


def _lateness(statistics: Statistics, days: int) -> _Lateness | None:
    gap, x = statistics.mean_gap_days, statistics.x
    if x < _GAPS_MIN or gap is None or days <= gap:
        return None
    span = statistics.last_day - statistics.first_day + days
    return _Lateness(gap, (2 * span + x + 1) // (2 * (x + 1)))


def _last_order(statistics: Statistics, days: int, language: Language) -> tuple[str, str]:
    """The code and the text that state when the last order was, and of how few orders it is the last."""
    if statistics.x == 0:
        return "few_purchases", words.ordered_once(statistics.orders, days, language)
    if statistics.x == 1:
        apart = statistics.last_day - statistics.first_day
        return "few_purchases", words.ordered_twice(apart, days, language)
    return "days_since_last_order", words.last_ordered(days, language)


def _evidence(statistics: Statistics, days: int) -> _Evidence:
    evidence: _Evidence = {
        "days_silent": days,
        "orders": statistics.orders,
        "days_with_orders": statistics.x + 1,
        "mean_order_value": statistics.mean_order_value,
        "last_order_value": f"{money(statistics.last_net):.2f}",
    }
    if statistics.x >= _GAPS_MIN and (gap := statistics.mean_gap_days) is not None:
        evidence["usual_gap_days"] = gap
    return evidence
