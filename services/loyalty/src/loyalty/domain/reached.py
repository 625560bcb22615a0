"""Which levels a customer has reached by the orders and acts of a timeline, and until when they are held.

Of each level the last time at which it was reached is found: what happens to it later depends on that alone.
"""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol

from loyalty.domain.opening import BroughtLot
from loyalty.domain.programme import Programme
from loyalty.domain.qualifying import INVOICE, NEVER, ONE_STEP, ORDERS, POINTS, Qualifying, Terms
from loyalty.domain.span_sums import Span, SpanSums
from loyalty.domain.zones import ShopZones

_earned_at = attrgetter("earned_at")


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
    """The levels of one programme. Lots enter in order of payment; one that changes later counts as it is then."""

    __slots__ = (
        "_changed",
        "_ends",
        "_lots",
        "_numbers",
        "_programme",
        "_rule",
        "_spans",
        "_sums",
        "_values",
        "_zones",
    )

    def __init__(self, programme: Programme, rule: Qualifying, lots: Sequence[Measured], zones: ShopZones) -> None:
        self._programme, self._rule = programme, rule
        self._lots, self._zones = lots, zones
        self._changed: set[int] = set()
        # Those of the lots that have entered.
        self._values: list[int] = []
        # The terms in which each lot counts.
        terms = rule.terms
        self._numbers = [] if terms is None else [self._counted_on(terms, lot.earned_at) for lot in lots]
        # What may be reached, in order of its end: of a rolling window by the lots from each one on, until that leaves
        # the window (an instant); else in each term (its number). Each lot counts in a span of these.
        self._ends, self._spans = self._counting()
        self._sums = SpanSums(len(self._ends))

    def _counting(self) -> tuple[list[int], list[Span]]:
        one_counts, numbers = self._rule.measure == INVOICE, self._numbers
        if self._rule.terms is None:
            paid_at, window = [lot.earned_at for lot in self._lots], self._programme.window
            firsts = range(len(paid_at)) if one_counts else [bisect_right(paid_at, at - window) for at in paid_at]
            return [at + window for at in paid_at], [(first, place + 1) for place, first in enumerate(firsts)]
        if one_counts:
            by_term = sorted(range(len(numbers)), key=lambda position: numbers[position][0])
            places = sorted(range(len(numbers)), key=by_term.__getitem__)
            return [numbers[position][0] for position in by_term], [(place, place + 1) for place in places]
        ends = sorted({number for some in numbers for number in some})
        place_of = {number: place for place, number in enumerate(ends)}
        return ends, [(place_of[some[-1]], place_of[some[0]] + 1) for some in numbers]

    def changed(self, position: int) -> None:
        """Say that the lot at ``position`` is about to change."""
        if position < len(self._values):
            self._changed.add(position)

    def enter(self, end: int) -> None:
        """Count the lots that were paid before ``end``, as they are now."""
        for position in self._changed:
            before, value = self._values[position], self._value(self._lots[position])
            if value != before:
                self._values[position] = value
                self._sums.add(self._spans[position], value - before)
        self._changed.clear()
        while len(self._values) < len(self._lots) and self._lots[len(self._values)].earned_at < end:
            value = self._value(self._lots[len(self._values)])
            if value:
                self._sums.add(self._spans[len(self._values)], value)
            self._values.append(value)

    def tier(self, at: int) -> int:
        """The index of the tier at an instant, by what has entered."""
        held = 0
        for level in range(len(self._programme.lines) - 1, 0, -1):
            end = self._end_of(level)
            if end is not None and level > held:
                held = max(held, level - self._steps_down(end, at, level))
        return held

    def until(self, tier: int) -> int | None:
        """When a tier that is held ends, if nothing else enters; None if it does not."""
        if not tier or self._rule.losing == NEVER:
            return None
        stepwise = self._rule.losing == ONE_STEP
        ends = [(level, self._end_of(level)) for level in range(tier, len(self._programme.lines))]
        return max(
            [self._lost_at(end, level - tier if stepwise else 0) for level, end in ends if end is not None],
            default=None,
        )

    def measure(self, at: int) -> int:
        """What counts towards the next level at an instant."""
        if self._rule.terms is not None:
            most = self._most_in_terms()
            return max([most.get(number, 0) for number in self._counted_on(self._rule.terms, at)])
        first = bisect_right(self._lots, at - self._programme.window, key=_earned_at)
        values = self._values[first:]
        return max(values, default=0) if self._rule.measure == INVOICE else sum(values)

    def kept(self, now: int, until: int) -> Kept:
        """What counts at ``now`` towards the tier that ends at ``until``: with its whole line it is kept."""
        terms, remains = self._rule.terms, self.tier(until)
        if terms is None:
            return Kept(self.measure(until), remains)
        today, day, grace = self._zones.day_of(now), self._zones.day_of(until), self._rule.grace_days
        numbers = range(terms.number(day - grace) - terms.kept, terms.number(day) + 1)
        still = [number for number in numbers if terms.last_day(number) + grace >= today]
        most = self._most_in_terms()
        return Kept(max([most.get(number, 0) for number in still], default=0), remains)

    def _end_of(self, level: int) -> int | None:
        """The instant from which on a level is no longer reached; of terms, the last one in which it is."""
        place = self._sums.last_with(self._programme.lines[level])
        return None if place is None else self._ends[place]

    def _most_in_terms(self) -> dict[int, int]:
        most: dict[int, int] = {}
        one_counts = self._rule.measure == INVOICE
        for value, numbers in zip(self._values, self._numbers, strict=False):
            for number in numbers:
                before = most.get(number, 0)
                most[number] = max(before, value) if one_counts else before + value
        return most

    def _value(self, lot: Measured) -> int:
        if self._rule.measure == POINTS:
            return 0 if isinstance(lot, BroughtLot) else lot.given
        if self._rule.measure == ORDERS:
            return 1 if lot.net > 0 else 0
        return lot.net

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
