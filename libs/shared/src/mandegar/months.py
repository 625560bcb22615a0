"""Months of the Gregorian and of the Jalali (Solar Hijri) calendar, as spans of dates."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from persiantools.jdatetime import JalaliDate

Calendar: TypeAlias = Literal["gregorian", "jalali"]
GREGORIAN: Calendar = "gregorian"
JALALI: Calendar = "jalali"
CALENDARS: tuple[Calendar, ...] = (GREGORIAN, JALALI)
# Before and behind these the calendars do not convert into each other.
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2999, 12, 31)


class Span(NamedTuple):
    """The days from ``first`` until just before ``end``; ``label`` names them as their calendar does (1404-01)."""

    label: str
    first: date
    end: date


def month_of(day: date, calendar: Calendar) -> Span:
    """The month with a day."""
    if calendar == JALALI:
        there = _jalali(day)
        first, end = (_first_day(*month) for month in ((there.year, there.month), _next(there.year, there.month)))
        return Span(f"{there.year:04}-{there.month:02}", first, end)
    return Span(f"{day:%Y-%m}", day.replace(day=1), date(*_next(day.year, day.month), 1))


def month_number(day: date, calendar: Calendar) -> int:
    """The number of the month with a day: twelve times its year, and the months of the year before it."""
    there = _jalali(day) if calendar == JALALI else day
    number: int = there.year * 12 + there.month - 1
    return number


@lru_cache(maxsize=10_000)
def numbered_month(number: int, calendar: Calendar) -> Span:
    """The month that ``month_number`` numbers so."""
    year, month = divmod(number, 12)
    return month_of(_first_day(year, month + 1) if calendar == JALALI else date(year, month + 1, 1), calendar)


def months_between(first: date, last: date, calendar: Calendar) -> Iterator[Span]:
    """The months with the days from ``first`` to ``last``; the first and the last month have no days but these."""
    day = first
    while day <= last:
        label, _, end = month_of(day, calendar)
        yield Span(label, day, min(end, last + timedelta(days=1)))
        day = end


def days_between(first: date, last: date, calendar: Calendar) -> Iterator[Span]:
    """The days from ``first`` to ``last``."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        label = _jalali(day).isoformat() if calendar == JALALI else day.isoformat()
        yield Span(label, day, day + timedelta(days=1))


def _jalali(day: date) -> JalaliDate:
    return JalaliDate(day)  # type: ignore[no-untyped-call]


def _first_day(year: int, month: int) -> date:
    first: date = JalaliDate(year, month, 1).to_gregorian()  # type: ignore[no-untyped-call]
    return first


def _next(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)
