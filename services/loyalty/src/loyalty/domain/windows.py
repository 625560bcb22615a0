"""When a rule applies: spans of days, once or each year, in the Gregorian or the Jalali calendar; days and hours."""

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from persiantools.jdatetime import JalaliDate

GREGORIAN: Final = "gregorian"
JALALI: Final = "jalali"
# Numbers as ``date.weekday``.
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

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


def weekday(day: int) -> int:
    """The weekday of a day that is numbered like ``date.toordinal``: 0 is Monday."""
    return (day - 1) % 7


def day_of(year: int, month: int, day: int, calendar: str) -> int:
    """The number of a date; raises ``ValueError`` for one that there is not."""
    if calendar == GREGORIAN:
        return date(year, month, day).toordinal()
    gregorian: date = JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
    return gregorian.toordinal()
