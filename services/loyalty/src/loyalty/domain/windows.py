"""When a rule applies: spans of days, once or each year, in the Gregorian or the Jalali calendar; days and hours."""

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from persiantools.jdatetime import JalaliDate

GREGORIAN: Final = "gregorian"
JALALI: Final = "jalali"
# Numbers as ``date.weekday``.
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Of years after these not every day has a number.
_LAST_YEAR: Final = {GREGORIAN: 9998, JALALI: 9376}

Ymd: TypeAlias = tuple[int, int, int]


class Yearly(NamedTuple):
    """Days of each year from ``first`` to ``last``, both as (month, day); over the new year if it is before."""

    calendar: str
    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: int) -> bool:
        """Whether a day, numbered like ``date.toordinal``, is among them."""
        _, *month_and_day = ymd(day, self.calendar)
        at = tuple(month_and_day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


class Once(NamedTuple):
    """Days from ``first`` to ``last``, both numbered like ``date.toordinal``."""

    first: int
    last: int

    def holds(self, day: int) -> bool:
        """Whether a day is among them."""
        return self.first <= day <= self.last


Window: TypeAlias = Yearly | Once


class Hours(NamedTuple):
    """Minutes of the day from ``begin`` until just before ``end``; over midnight if it is not after."""

    begin: int
    end: int

    def hold(self, minute: int) -> bool:
        """Whether a minute of the day is among them."""
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


@lru_cache(maxsize=4096)
def ymd(day: int, calendar: str) -> Ymd:
    """Year, month and day of a day that is numbered like ``date.toordinal``."""
    gregorian = date.fromordinal(day)
    if calendar == GREGORIAN:
        return gregorian.year, gregorian.month, gregorian.day
    jalali = JalaliDate.to_jalali(gregorian)  # type: ignore[no-untyped-call]
    return jalali.year, jalali.month, jalali.day


@lru_cache(maxsize=1024)
def occurrences(window: Yearly, first: int, years: int) -> tuple[tuple[int, int], ...]:
    """First and last day of ``window`` in each of so many years, from that of day ``first`` or the turn into it on.

    A day that a year does not have is the next one that it has, as a first day, and the one before as a last day.
    """
    begin = ymd(first, window.calendar)[0]
    until = 0 if window.first <= window.last else 1
    return tuple(
        (
            _next_day(year, window.first, window.calendar),
            _next_day(year + until, _after(window.last), window.calendar) - 1,
        )
        for year in range(begin - until, min(begin + years - 1, _LAST_YEAR[window.calendar]) + 1)
    )


def _after(month_and_day: tuple[int, int]) -> tuple[int, int]:
    month, day = month_and_day
    return month, day + 1


def _next_day(year: int, month_and_day: tuple[int, int], calendar: str) -> int:
    month, day = month_and_day
    try:
        return day_of(year, month, day, calendar)
    except ValueError:
        return day_of(year, month + 1, 1, calendar) if month < 12 else day_of(year + 1, 1, 1, calendar)


def weekday(day: int) -> int:
    """The weekday of a day that is numbered like ``date.toordinal``: 0 is Monday."""
    return (day - 1) % 7


def day_of(year: int, month: int, day: int, calendar: str) -> int:
    """The number of a date; raises ``ValueError`` for one that there is not."""
    if calendar == GREGORIAN:
        return date(year, month, day).toordinal()
    gregorian: date = JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
    return gregorian.toordinal()
