"""What a customer's contracts and trials count for in the figures of a shop: by the day, and from month to month.

A month's figures compare the contracts of its last day with those of the last day of the month before. Both follow from
the contracts' spans, so that a contract that is not renewed ends by itself, without a timer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from churn.domain.contracts import Facts, Span, spans_of, trials_of
from churn.domain.counting import ZERO, Count, Counts, Kind, Place
from mandegar.calendar import ShopDays
from mandegar.months import CALENDARS, LAST_DAY, Calendar, month_number

# How a customer moved from the end of one month to that of the next: ``other`` of a place of the kind ``contract``.
NEW: Final = 1
EXPANSION: Final = 2
CONTRACTION: Final = 3
CHURNED: Final = 4
REACTIVATED: Final = 5
# Another number of contracts for the same amount.
SAME: Final = 6
# What a trial did in a month: ``other`` of a place of the kind ``trial``.
STARTED: Final = 1
ENDED: Final = 2
CONVERTED: Final = 3

_LAST: Final = LAST_DAY.toordinal()
_ONE: Final = Count(1, 0, 0)


class Level(NamedTuple):
    """How many contracts of a customer run, and for how many units a month."""

    contracts: int = 0
    monthly: int = 0


def counts_of_contracts(facts: Facts, days: ShopDays) -> Counts:
    """What contracts and trials count for; ``customers`` are customers, of trials their number."""
    counts: defaultdict[Place, Count] = defaultdict(lambda: ZERO)
    for place, count in (*_contracts(list(_levels(spans_of(facts, days)))), *_trials(facts, days)):
        counts[place] = counts[place].plus(count)
    return {place: count for place, count in counts.items() if count != ZERO}


def _levels(spans: Iterable[Span]) -> Iterator[tuple[int, Level]]:
    """The days on which the level changes, and the new ones."""
    changes: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for first, last, monthly in spans:
        for day, sign in ((first, 1), (last + 1, -1)):
            contracts, units = changes[day]
            changes[day] = contracts + sign, units + sign * monthly
    level = Level()
    for day in sorted(changes):
        contracts, units = changes[day]
        if (contracts, units) != (0, 0) and day <= _LAST:
            level = Level(level.contracts + contracts, level.monthly + units)
            yield day, level


def _contracts(levels: list[tuple[int, Level]]) -> Iterator[tuple[Place, Count]]:
    for calendar in CALENDARS:
        before = Level()
        for day, level in levels:
            customers = bool(level.contracts) - bool(before.contracts)
            yield Place(calendar, "contract_day", day, 0), _change(customers, before, level)
            before = level
        yield from _movements(levels, calendar)


def _movements(levels: list[tuple[int, Level]], calendar: Calendar) -> Iterator[tuple[Place, Count]]:
    at_end = {_month(day, calendar): level for day, level in levels}
    before, ever = Level(), False
    for month, level in at_end.items():
        if level != before:
            yield Place(calendar, "contract", month, _movement(before, level, ever=ever)), _change(1, before, level)
        before, ever = level, ever or bool(level.contracts)


def _movement(before: Level, after: Level, *, ever: bool) -> int:
    if not before.contracts:
        return REACTIVATED if ever else NEW
    if not after.contracts:
        return CHURNED
    if before.monthly == after.monthly:
        return SAME
    return EXPANSION if after.monthly > before.monthly else CONTRACTION


def _change(customers: int, before: Level, after: Level) -> Count:
    return Count(customers, after.contracts - before.contracts, after.monthly - before.monthly)


def _trials(facts: Facts, days: ShopDays) -> Iterator[tuple[Place, Count]]:
    kind: Kind = "trial"
    for trial in trials_of(facts, days):
        for calendar in CALENDARS:
            if trial.started is not None:
                yield Place(calendar, kind, _month(trial.started, calendar), STARTED), _ONE
            ended = _month(trial.ended, calendar)
            yield Place(calendar, kind, ended, ENDED), _ONE
            if trial.converted:
                yield Place(calendar, kind, ended, CONVERTED), _ONE


@lru_cache(maxsize=10_000)
def _month(day: int, calendar: Calendar) -> int:
    return month_number(date.fromordinal(day), calendar)
