"""Days, months and years of the Gregorian and of the Jalali calendar, and on which days an age is between two bounds.

Days are numbered like ``date.toordinal``.
"""

from datetime import date
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from persiantools.jdatetime import JalaliDate

Calendar: TypeAlias = Literal["gregorian", "jalali"]
Unit: TypeAlias = Literal["days", "months", "years"]

GREGORIAN: Final[Calendar] = "gregorian"
JALALI: Final[Calendar] = "jalali"

# Days before and behind all that is asked for; both calendars convert between them.
FIRST: Final = date(700, 1, 1).toordinal()
LAST: Final = date(9000, 1, 1).toordinal()


class Span(NamedTuple):
    """The days from ``first`` until just before ``end``; ``FIRST`` and ``LAST`` stand for no bound."""

    first: int
    end: int


@lru_cache(maxsize=50_000)
def number_of(day: int, unit: Unit, calendar: Calendar) -> int:
    """The number of the month or year that a day falls into; the next one has the next number."""
    there = date.fromordinal(min(max(day, FIRST), LAST))
    year, month = there.year, there.month
    if calendar == JALALI:
        jalali = JalaliDate(there)  # type: ignore[no-untyped-call]
        year, month = jalali.year, jalali.month
    return year if unit == "years" else year * 12 + month - 1


@lru_cache(maxsize=50_000)
def first_day(number: int, unit: Unit, calendar: Calendar) -> int:
    """The first day of a month or year, by its number; ``FIRST`` or ``LAST`` beyond them."""
    year, month = (number, 1) if unit == "years" else (number // 12, number % 12 + 1)
    if not 100 < year < 8300:
        return FIRST if year < 1000 else LAST
    if calendar == JALALI:
        first: date = JalaliDate(year, month, 1).to_gregorian()  # type: ignore[no-untyped-call]
        return first.toordinal()
    return max(date(year, month, 1).toordinal(), FIRST)


def span_of_ages(day: int, unit: Unit, calendar: Calendar, lowest: int, highest: int | None) -> Span:
    """The days on which a day is ``lowest`` to ``highest`` whole days, months or years ago.

    Months and years count by their first days: a day of last month is one month ago from the first of this one on. What
    lies ahead is zero ago.
    """
    if unit == "days":
        first, end = day + lowest, LAST if highest is None else day + highest + 1
    else:
        number = number_of(day, unit, calendar)
        first = first_day(number + lowest, unit, calendar)
        end = LAST if highest is None else first_day(number + highest + 1, unit, calendar)
    return Span(first if lowest > 0 else FIRST, min(end, LAST))


def day_in(calendar: Calendar, year: int, month: int, day: int) -> int:
    """The day with a date of a calendar; ``ValueError`` for what is none."""
    if calendar == JALALI:
        gregorian: date = JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
        return gregorian.toordinal()
    return date(year, month, day).toordinal()
