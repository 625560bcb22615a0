"""The months in which a customer visited: bits that are only ever set, so that order, repetition and merges change
nothing. They stay for ever, while single days are forgotten (``domain/signals/visited.py``).

Days are those of UTC there and here, because the zone of a shop may become known, or change, after a visit. In each
Gregorian month begins one Jalali month; before and after its first day are two spans, of which bit n is the nth since
1970. So the months of both calendars follow from one bitmap.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache, reduce
from struct import Struct
from typing import Final

from churn.domain.counting import Count, Counts, Place
from churn.domain.signals.state import newest_visit, unpack_signals
from churn.domain.signals.visited import DAY_MAX
from mandegar.months import CALENDARS, GREGORIAN, JALALI, Calendar, month_number, month_of
from mandegar.quantities import DAY_US

# The first span with a visit; the bitmap from it on follows.
_FIRST: Final = Struct("<H")
_DAY_0: Final = date(1970, 1, 1)
_MONTH_0: Final = {calendar: month_number(_DAY_0, calendar) for calendar in CALENDARS}


def with_visit(months: bytes, at_us: int) -> bytes:
    """The bytes after a visit; a visit before 1970 or after the days of ``domain/signals`` is left out."""
    return with_days(months, (at_us // DAY_US,))


def with_days(months: bytes, days: Iterable[int]) -> bytes:
    """The bytes after visits on days since 1970."""
    spans = {_span_of(day) for day in days if 0 <= day <= DAY_MAX}
    bits = _bits(months)
    more = reduce(lambda so_far, span: so_far | 1 << span, spans, bits)
    return months if more == bits else _packed(more)


def with_remembered(months: bytes, signals: bytes) -> bytes:
    """The bytes after the visits that a row remembers, if the newest is not in them: a process of an earlier release
    writes the signals alone.
    """
    newest = newest_visit(signals)
    if newest is None or with_days(months, (newest,)) == months:
        return months
    return with_days(months, unpack_signals(signals).visited.days())


def visited_by_both(one: bytes, other: bytes) -> bytes:
    """The months of both."""
    return _packed(_bits(one) | _bits(other)) if one and other else one or other


def months_visited(months: bytes, calendar: Calendar) -> list[int]:
    """The numbers of the months with a visit, the earliest first."""
    bits, found = _bits(months), dict[int, None]()
    while bits:
        span = (bits & -bits).bit_length() - 1
        found[_month_of_span(span, calendar)] = None
        bits &= bits - 1
    return [*found]


def counts_of_visits(months: bytes) -> Counts:
    """What a customer counts for among the visitors of each month; ``orders`` is 1 in the first one."""
    return {
        Place(calendar, "visit", month, 0): Count(1, int(number == 0), 0)
        for calendar in CALENDARS
        for number, month in enumerate(months_visited(months, calendar))
    }


@lru_cache(maxsize=1_024)
def _span_of(day: int) -> int:
    there = date.fromordinal(_DAY_0.toordinal() + day)
    behind = month_of(there, JALALI).first.month == there.month
    return 2 * (month_number(there, GREGORIAN) - _MONTH_0[GREGORIAN]) + behind


def _month_of_span(span: int, calendar: Calendar) -> int:
    return _MONTH_0[calendar] + (span // 2 if calendar == GREGORIAN else (span + 1) // 2)


def _bits(months: bytes) -> int:
    return int.from_bytes(months[_FIRST.size :], "little") << _FIRST.unpack_from(months)[0] if months else 0


def _packed(bits: int) -> bytes:
    first = (bits & -bits).bit_length() - 1
    bits >>= first
    return _FIRST.pack(first) + bits.to_bytes((bits.bit_length() + 7) // 8, "little")
