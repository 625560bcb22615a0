"""The orders that conditions hold for, so far that one can say whether several conditions hold for one order."""

from functools import lru_cache
from typing import NamedTuple

from loyalty.domain.conditions import When

_MINUTES = 24 * 60
_ANY_MINUTE = (1 << _MINUTES) - 1
# As many conditions as a programme has, twice.
_KEPT = 500

Names = frozenset[str] | None


class Reach(NamedTuple):
    """Days and minutes as bits; channels, branches, categories and products by name (None: any); ``first`` as asked.

    A birthday and a least spend are left out: some order has them.
    """

    days: int
    minutes: int
    named: tuple[Names, ...]
    first: bool | None

    def and_(self, other: "Reach | None") -> "Reach | None":
        """The orders of both; None if there are none."""
        if other is None or (self.first is not None and other.first is not None and self.first != other.first):
            return None
        days, minutes = self.days & other.days, self.minutes & other.minutes
        if not days or not minutes:
            return None
        named: list[Names] = []
        for mine, theirs in zip(self.named, other.named, strict=True):
            both = theirs if mine is None else mine if theirs is None else mine & theirs
            if both is not None and not both:
                return None
            named.append(both)
        return Reach(days, minutes, tuple(named), other.first if self.first is None else self.first)


def reach_of(when: When, tier: int, days: range) -> Reach | None:
    """The orders of a tier on some days for which conditions hold; None if there are none."""
    if when.tiers is not None and tier not in when.tiers:
        return None
    found = _days_of(when, days)
    named = when.channels, when.branches, when.categories, when.products
    return Reach(found, _minutes_of(when), named, when.first_order) if found else None


@lru_cache(_KEPT)
def _days_of(when: When, days: range) -> int:
    if when.weekdays is None and not when.windows:
        return (1 << len(days)) - 1
    return sum([1 << place for place, day in enumerate(days) if when.on_day(day)])


@lru_cache(_KEPT)
def _minutes_of(when: When) -> int:
    if not when.hours:
        return _ANY_MINUTE
    return sum([1 << minute for minute in range(_MINUTES) if any(hours.hold(minute) for hours in when.hours)])
