"""Which levels a customer has reached by the orders and acts of a timeline, and until when they are held.

Of each level the last time is kept at which it was reached: what happens to it later depends on that alone.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from loyalty.domain.opening import BroughtLot
from loyalty.domain.programme import Programme
from loyalty.domain.qualifying import INVOICE, NEVER, ONE_STEP, ORDERS, POINTS, Qualifying, Terms
from loyalty.domain.zones import ShopZones


class Measured(Protocol):
    """A lot at an instant: its net, and the points that it was given."""

    earned_at: int
    net: int
    given: int


class Kept(NamedTuple):
    """At the end of a tier: what is ``reached`` then of its line, and the ``tier`` that remains."""

    reached: int
    tier: int


class Reached:
    """The levels of one programme. Lots enter in order of payment; one that changes later is counted anew."""

    __slots__ = (
        "_at",
        "_before",
        "_changed",
        "_ends",
        "_lots",
        "_most",
        "_numbers",
        "_programme",
        "_rule",
        "_sums",
        "_values",
        "_zones",
    )

    def __init__(self, programme: Programme, rule: Qualifying, lots: Sequence[Measured], zones: ShopZones) -> None:
        self._programme, self._rule = programme, rule
        self._lots, self._zones = lots, zones
        self._changed: set[int] = set()
        self._at: list[int] = []
        self._values: list[int] = []
        self._sums = [0]
        self._most: dict[int, int] = {}  # of each term
        # Of a rolling window the instant from which on a level is no longer reached, else the last term in which it is.
        self._ends: tuple[int | None, ...] = (None,) * len(programme.lines)
        # The terms in which each lot counts, also of lots that were taken out.
        self._numbers: list[Sequence[int]] = []
        # What stood before each lot: the ends, and what it changed of terms.
        self._before: list[tuple[tuple[int | None, ...], tuple[tuple[int, int], ...]]] = []

    def changed(self, position: int) -> None:
        """Say that the lot at ``position`` is about to change."""
        if position < len(self._values):
            self._changed.add(position)

    def enter(self, end: int) -> None:
        """Count the lots that were paid before ``end``, as they are now."""
        if self._changed:
            differing = [place for place in self._changed if self._value(self._lots[place]) != self._values[place]]
            self._changed.clear()
            self._leave(min(differing, default=len(self._values)))
        while len(self._values) < len(self._lots) and self._lots[len(self._values)].earned_at < end:
            lot = self._lots[len(self._values)]
            value = self._value(lot)
            self._values.append(value)
            self._at.append(lot.earned_at)
            self._sums.append(self._sums[-1] + value)
            terms = self._rule.terms
            if terms is not None and len(self._numbers) < len(self._values):
                self._numbers.append(self._counted_on(terms, lot.earned_at))
            numbers = self._numbers[len(self._values) - 1] if value and terms is not None else ()
            self._before.append((self._ends, tuple([(number, self._most.get(number, 0)) for number in numbers])))
            if value and terms is None:
                self._reach_rolling(value, lot.earned_at)
            for number in numbers:
                self._reach_in(number, value)

    def _leave(self, first: int) -> None:
        """Take out the lots from ``first`` on, to enter again."""
        while len(self._values) > first:
            self._ends, terms = self._before.pop()
            self._most.update(terms)
            for counted in (self._values, self._at, self._sums):
                counted.pop()

    def tier(self, at: int) -> int:
        """The index of the tier at an instant, by what has entered."""
        held = 0
        for level in range(len(self._ends) - 1, 0, -1):
            end = self._ends[level]
            if end is not None and level > held:
                held = max(held, level - self._steps_down(end, at, level))
        return held

    def until(self, tier: int) -> int | None:
        """When a tier that is held ends, if nothing else enters; None if it does not."""
        if not tier or self._rule.losing == NEVER:
            return None
        stepwise = self._rule.losing == ONE_STEP
        levels = list(enumerate(self._ends))[tier:]
        return max(
            [self._lost_at(end, level - tier if stepwise else 0) for level, end in levels if end is not None],
            default=None,
        )

    def measure(self, at: int) -> int:
        """What counts towards the next level at an instant."""
        if self._rule.terms is not None:
            return max([self._most.get(number, 0) for number in self._counted_on(self._rule.terms, at)])
        first = bisect_right(self._at, at - self._programme.window)
        if self._rule.measure == INVOICE:
            return max(self._values[first:], default=0)
        return self._sums[-1] - self._sums[first]

    def kept(self, now: int, until: int) -> Kept:
        """What counts at ``now`` towards the tier that ends at ``until``: with its whole line it is kept."""
        terms, remains = self._rule.terms, self.tier(until)
        if terms is None:
            return Kept(self.measure(until), remains)
        today, day, grace = self._zones.day_of(now), self._zones.day_of(until), self._rule.grace_days
        numbers = range(terms.number(day - grace) - terms.kept, terms.number(day) + 1)
        still = [number for number in numbers if terms.last_day(number) + grace >= today]
        return Kept(max([self._most.get(number, 0) for number in still], default=0), remains)

    def _value(self, lot: Measured) -> int:
        if self._rule.measure == POINTS:
            return 0 if isinstance(lot, BroughtLot) else lot.given
        if self._rule.measure == ORDERS:
            return 1 if lot.net > 0 else 0
        return lot.net

    def _reach_rolling(self, value: int, paid_at: int) -> None:
        """The levels that are reached with a lot, until the first of the lots that reach it leaves the window."""
        for level, line in enumerate(self._programme.lines[1:], start=1):
            if self._rule.measure == INVOICE:
                first = len(self._at) - 1 if value >= line else -1
            else:
                first = bisect_right(self._sums, self._sums[-1] - line) - 1
            end = self._at[first] + self._programme.window if first >= 0 else paid_at
            if end <= paid_at:
                return  # nor a higher one
            self._reach(level, end)

    def _reach_in(self, number: int, value: int) -> None:
        before = self._most.get(number, 0)
        self._most[number] = max(before, value) if self._rule.measure == INVOICE else before + value
        for level, line in enumerate(self._programme.lines[1:], start=1):
            if self._most[number] < line:
                break
            self._reach(level, number)

    def _reach(self, level: int, end: int) -> None:
        last = self._ends[level]
        if last is None or last < end:
            self._ends = (*self._ends[:level], end, *self._ends[level + 1 :])

    def _counted_on(self, terms: Terms, at: int) -> Sequence[int]:
        """The terms in which an instant counts: in the grace after a term it counts in that one too."""
        day = self._zones.day_of(at)
        number = terms.number(day)
        in_grace = terms.last_day(number - 1) + self._rule.grace_days >= day
        return (number, number - 1) if in_grace else (number,)

    def _lost_at(self, end: int, steps: int) -> int:
        """When ``steps`` steps have been made down and the next one is due, from a level that ends at ``end``."""
        terms = self._rule.terms
        if terms is None:
            return end + self._rule.grace + steps * self._programme.window
        return self._zones.end_of(terms.last_day(end + terms.kept + steps) + self._rule.grace_days, 0).at

    def _steps_down(self, end: int, at: int, level: int) -> int:
        """How many levels were lost by an instant of a level that ends at ``end``."""
        if self._rule.losing == NEVER or at < self._lost_at(end, 0):
            return 0
        if self._rule.losing != ONE_STEP:
            return level
        return next((steps for steps in range(1, level) if at < self._lost_at(end, steps)), level)
