"""Days that come each year, in the Gregorian or the Jalali calendar.

29 February and 30 Esfand are the last day of their month in years that do not have them: the day before, so that it
stays in its month, and nobody waits longer than a year.
"""

from typing import NamedTuple

from loyalty.domain.windows import GREGORIAN, JALALI, day_of, ymd

# Two numbers of two digits for each calendar.
_HUNDRED = 100
_OF_GREGORIAN = _HUNDRED**2
_CODES_FROM = _HUNDRED**3


class MonthDay(NamedTuple):
    """A day of the year."""

    month: int
    day: int


def code_of(day: int) -> int:
    """What is kept of a date, numbered like ``date.toordinal``: month and day in both calendars, and not the year."""
    _, month, number = ymd(day, GREGORIAN)
    _, jalali_month, jalali_number = ymd(day, JALALI)
    return ((month * _HUNDRED + number) * _HUNDRED + jalali_month) * _HUNDRED + jalali_number


def month_day(code: int, calendar: str) -> MonthDay:
    """The day of the year in a calendar. Facts that were stored before only month and day were kept have the date."""
    if code < _CODES_FROM:
        code = code_of(code)
    half = code // _OF_GREGORIAN if calendar == GREGORIAN else code % _OF_GREGORIAN
    return MonthDay(*divmod(half, _HUNDRED))


def in_year(at: MonthDay, year: int, calendar: str) -> int:
    """The day, numbered like ``date.toordinal``, on which a day of the year falls. Raises ``ValueError`` for none."""
    try:
        return day_of(year, at.month, at.day, calendar)
    except ValueError:
        return day_of(year, at.month, at.day - 1, calendar)


class Near(NamedTuple):
    """How many days a day lies behind the nearest birthday by each calendar, and for how many days that is known."""

    gregorian: int
    jalali: int
    known_days: int


def near(code: int, day: int, known_days: int) -> Near:
    """Where a day lies from a birthday (``code_of``)."""
    gregorian, jalali = [days_from(month_day(code, calendar), day, calendar) for calendar in (GREGORIAN, JALALI)]
    return Near(gregorian, jalali, known_days)


def days_from(at: MonthDay, day: int, calendar: str) -> int:
    """How many days a day lies behind the nearest day of the year ``at``; negative before it."""
    year = ymd(day, calendar)[0]
    return min([day - in_year(at, each, calendar) for each in (year - 1, year, year + 1)], key=abs)
