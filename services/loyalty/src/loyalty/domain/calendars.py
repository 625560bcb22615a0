"""Days, weeks, months and years of a shop, in the Gregorian and in the Jalali calendar.

A Gregorian week begins on Monday, a Jalali one on Saturday.
"""

from datetime import date
from functools import lru_cache

from persiantools.jdatetime import JalaliDate

DAY = "day"
WEEK = "week"
MONTH = "month"
YEAR = "year"
JALALI_WEEK = "jalali_week"
JALALI_MONTH = "jalali_month"
JALALI_YEAR = "jalali_year"


@lru_cache(maxsize=50_000)
def number_of(day: int, period: str) -> int:
    """The number of the period that a day (as ``date.toordinal`` numbers it) falls into; the next period has the next.

    Months and years of the Jalali calendar begin with its own days.
    """
    if period == DAY:
        return day
    if period == WEEK:  # day 1 was a Monday
        return (day - 1) // 7
    if period == JALALI_WEEK:
        return (day + 1) // 7
    if period in {MONTH, YEAR}:
        gregorian = date.fromordinal(day)
        return gregorian.year if period == YEAR else gregorian.year * 12 + gregorian.month - 1
    jalali = JalaliDate(date.fromordinal(day))  # type: ignore[no-untyped-call]
    year: int = jalali.year
    return {JALALI_YEAR: year, JALALI_MONTH: year * 12 + jalali.month - 1}[period]
