"""The days on which a customer visited: a bitmap, so that order, repetition and merges change nothing.

Days are those of UTC, numbered since 1970: the zone of a shop may become known, or change, after a visit. A bitmap
instead of sums because a fit asks what was known on earlier days, and because two customers may turn out to be one.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Final, NamedTuple

# Days before the newest visit that are remembered; more than all windows that a fit looks at.
WINDOW_DAYS: Final = 400
DAY_MAX: Final = 0xFFFF
HALF_LIFE_DAYS: Final = 14

_MASK: Final = (1 << WINDOW_DAYS) - 1
_BITS: Final = 8
_PER_BYTE: Final = 2.0 ** (-_BITS / HALF_LIFE_DAYS)
# What a byte of the bitmap adds to the count that decays, on the day of its newest bit.
_OF_BYTE: Final = tuple(
    sum(2.0 ** (-age / HALF_LIFE_DAYS) for age in range(_BITS) if byte >> age & 1) for byte in range(1 << _BITS)
)


class Visited(NamedTuple):
    """``last`` is the newest day with a visit; bit n of ``bits`` is the day n days before. No bit: never."""

    last: int = 0
    bits: int = 0

    @property
    def number(self) -> int:
        """How many days had a visit."""
        return self.bits.bit_count()

    @property
    def span_days(self) -> int:
        """Days from the first visit that is remembered to the last."""
        return max(self.bits.bit_length() - 1, 0)

    def days(self) -> Iterator[int]:
        """The days with a visit, the newest first."""
        bits, day = self.bits, self.last
        while bits:
            skipped = (bits & -bits).bit_length() - 1
            day -= skipped
            yield day
            bits >>= skipped + 1
            day -= 1


NEVER: Final = Visited()


def visited_on(days: Iterable[int]) -> Visited:
    """Visits on these days; days before 1970 and after ``DAY_MAX`` are left out."""
    return reduce(both, (Visited(day, 1) for day in days if 0 <= day <= DAY_MAX), NEVER)


def both(one: Visited, other: Visited) -> Visited:
    """The visits of both."""
    if not one.bits or not other.bits:
        return one if one.bits else other
    newer, older = (one, other) if one.last >= other.last else (other, one)
    return Visited(newer.last, (newer.bits | older.bits << newer.last - older.last) & _MASK)


def until(visited: Visited, day: int) -> Visited:
    """The visits by the end of a day."""
    later = visited.last - day
    if later <= 0:
        return visited
    bits = visited.bits >> later
    if not bits:
        return NEVER
    skipped = (bits & -bits).bit_length() - 1
    return Visited(day - skipped, bits >> skipped)


def after(visited: Visited, day: int) -> Visited:
    """The visits behind the end of a day."""
    later = visited.last - day
    return Visited(visited.last, visited.bits & (1 << min(later, WINDOW_DAYS)) - 1) if later > 0 else NEVER


def decayed(visited: Visited) -> float:
    """The number of days with a visit, each counting for half after ``HALF_LIFE_DAYS``, on the day of the last."""
    total = 0.0
    for byte in visited.bits.to_bytes((visited.bits.bit_length() + 7) // _BITS, "big"):
        total = total * _PER_BYTE + _OF_BYTE[byte]
    return total
