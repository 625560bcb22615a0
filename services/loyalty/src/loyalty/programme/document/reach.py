"""The orders that conditions hold for, so far that one can say whether several conditions hold for one order."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

from loyalty.domain.conditions import Base, When
from loyalty.domain.windows import Once, Window, weekday, ymd

_MINUTES = 24 * 60
_ANY_MINUTE = (1 << _MINUTES) - 1
# Conditions are about lines by category, by product or by both: nobody knows whether some line is of two kinds.
_BY_CATEGORY, _BY_PRODUCT, _BY_BOTH = 1, 2, 4
_ANY_LINE = _BY_CATEGORY | _BY_PRODUCT | _BY_BOTH

# Sets of bits: kinds of lines, tiers, first orders and others, channels, branches, categories, products, minutes, days.
# A condition on each of them holds, so the orders are all combinations. A birthday and a least spend are left out.
Reach: TypeAlias = tuple[int, ...]
TIERS = 1


class Conditions(NamedTuple):
    """What a rule or multiplier asks, and what its base leaves out."""

    when: When
    base: Base = Base()

    @property
    def is_told(self) -> bool:
        """Whether a reach tells all that is asked, so that the rule applies to every order of it."""
        return not self.when.min_spend and self.when.birthday is None


def both(one: Reach, other: Reach) -> Reach | None:
    """The orders of both; None if there are none."""
    found = []
    for mine, theirs in zip(one, other, strict=True):
        common = mine & theirs
        if not common:
            return None
        found.append(common)
    return tuple(found)


def without(reach: Reach, others: Iterable[Reach]) -> Reach | None:
    """Orders that are in none of the others, as one combination; None if none are found.

    Where several combinations are left, the one that differs in its days is taken, else in its minutes and so on. So it
    may miss orders, and never names one that is in another.
    """
    for other in others:
        left = [mine & ~theirs for mine, theirs in zip(reach, other, strict=True)]
        if both(reach, other) is None:
            continue
        place = next((place for place in reversed(range(len(left))) if left[place]), None)
        if place is None:
            return None
        reach = (*reach[:place], left[place], *reach[place + 1 :])
    return reach


def reaches_of(conditions: Sequence[Conditions], tiers: int, begin: int) -> list[Reach]:
    """The reach of each of the conditions, among so many tiers, from the day ``begin`` on."""
    whens, bases = [each.when for each in conditions], [each.base for each in conditions]
    days = _Days(range(begin, begin + (4 * 366 if any(when.windows for when in whens) else 7)))
    channels, branches = _Names([when.channels for when in whens]), _Names([when.branches for when in whens])
    categories = _Names([*[when.categories for when in whens], *[base.without_categories for base in bases]])
    products = _Names([*[when.products for when in whens], *[base.without_products for base in bases]])
    every_tier = (1 << tiers) - 1
    return [
        (
            _kind_of(when, base),
            every_tier if when.tiers is None else sum([1 << tier for tier in when.tiers]) & every_tier,
            3 if when.first_order is None else 1 << when.first_order,
            channels.bits(when.channels),
            branches.bits(when.branches),
            categories.bits(when.categories) & ~categories.named(base.without_categories),
            products.bits(when.products) & ~products.named(base.without_products),
            _minutes_of(when),
            days.of(when),
        )
        for when, base in conditions
    ]


def _kind_of(when: When, base: Base) -> int:
    by_category = when.categories is not None or bool(base.without_categories)
    by_product = when.products is not None or bool(base.without_products)
    return {0: _ANY_LINE, 1: _BY_CATEGORY, 2: _BY_PRODUCT, 3: _BY_BOTH}[by_category + 2 * by_product]


class _Names:
    """A bit for each name that some condition mentions, and one for all others."""

    def __init__(self, mentioned: Iterable[frozenset[str] | None]) -> None:
        names = sorted({name for some in mentioned if some is not None for name in some})
        self._bits = {name: 2 << place for place, name in enumerate(names)}
        self._any = (2 << len(names)) - 1

    def bits(self, names: frozenset[str] | None) -> int:
        return self._any if names is None else self.named(names)

    def named(self, names: frozenset[str]) -> int:
        return sum([self._bits[name] for name in names])


class _Days:
    """Days as bits, the first one as the lowest."""

    def __init__(self, days: range) -> None:
        self._days = days
        self._any = (1 << len(days)) - 1
        self._weekdays = [_bits(place for place, day in enumerate(days) if weekday(day) == one) for one in range(7)]
        self._until = cache(self._days_until)

    def of(self, when: When) -> int:
        found = self._any if when.weekdays is None else sum([self._weekdays[one] for one in when.weekdays])
        if when.windows:
            some = 0
            for window in when.windows:
                some |= self._in(window)
            found &= some
        return found

    def _in(self, window: Window) -> int:
        if isinstance(window, Once):
            first = max(window.first - self._days.start, 0)
            return (-1 << first) & ((1 << max(window.last + 1 - self._days.start, 0)) - 1) & self._any
        until = self._until(window.calendar)
        (first, one), (last, two) = window.first, window.last
        before, upto = until[first * 32 + one - 1], until[last * 32 + two]
        return upto & ~before if window.first <= window.last else upto | (self._any & ~before)

    def _days_until(self, calendar: str) -> list[int]:
        """By month and day, as month times 32 and day, the days of each year until then."""
        found = [0] * (13 * 32)
        for place, day in enumerate(self._days):
            _, month, of_month = ymd(day, calendar)
            found[month * 32 + of_month] |= 1 << place
        for place in range(1, len(found)):
            found[place] |= found[place - 1]
        return found


def _bits(places: Iterable[int]) -> int:
    return sum([1 << place for place in places])


def _minutes_of(when: When) -> int:
    if not when.hours:
        return _ANY_MINUTE
    found = 0
    for begin, end in when.hours:
        from_begin, until_end = -1 << begin, (1 << end) - 1
        found |= (from_begin & until_end) if begin < end else (from_begin | until_end)
    return found & _ANY_MINUTE
