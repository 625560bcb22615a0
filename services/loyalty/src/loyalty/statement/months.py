"""Months of both calendars, and what a statement says of the entries of one."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from persiantools import digits
from persiantools.jdatetime import JalaliDate

from loyalty.domain.posting import Balance
from mandegar.calendar import ShopDays
from mandegar.months import Calendar
from mandegar.quantities import from_us, whole_of

Language = Literal["fa", "en"]
JALALI_YEARS = range(1300, 1500)
GREGORIAN_YEARS = range(1970, 2200)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    """A month of a calendar."""

    calendar: Calendar
    year: int
    month: int

    def span(self, days: ShopDays) -> tuple[int, int]:
        """Its first instant in a zone, and the first one after it."""
        year, month = (self.year + 1, 1) if self.month == 12 else (self.year, self.month + 1)
        return days.start_of(self._first(self.year, self.month)), days.start_of(self._first(year, month))

    def _first(self, year: int, month: int) -> int:
        if self.calendar == "gregorian":
            return date(year, month, 1).toordinal()
        first: date = JalaliDate(year, month, 1).to_gregorian()  # type: ignore[no-untyped-call]
        return first.toordinal()

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def month_of(text: str) -> Month:
    """The month in a text such as ``1405-09`` or ``2026-11``, in any digits; raises ``ValueError``."""
    found = _MONTH.fullmatch(str(digits.fa_to_en(digits.ar_to_fa(text))))
    if found:
        year, month = whole_of(found[1]), whole_of(found[2])
        if year in JALALI_YEARS:
            return Month("jalali", year, month)
        if year in GREGORIAN_YEARS:
            return Month("gregorian", year, month)
    raise ValueError("must be a month such as 1405-09 or 2026-11")


def month_at(at: int, days: ShopDays, calendar: Calendar) -> Month:
    """The month of a calendar in which an instant falls."""
    day = date.fromordinal(days.day_of(at))
    if calendar == "gregorian":
        return Month("gregorian", day.year, day.month)
    jalali = JalaliDate(day)  # type: ignore[no-untyped-call]
    return Month("jalali", jalali.year, jalali.month)


class Line(NamedTuple):
    """What one order, or time alone, did on a day: the sums of the entries of a kind, by bucket."""

    at: int
    kind: str
    order_id: str
    moved: Balance


class Account(NamedTuple):
    """What a month did to one unit of a ledger. The opening balance and all lines are the closing balance.

    Of ``others`` lines only the sum ``of_others`` is known. ``currency`` is that of credit, empty for points.
    """

    opening: Balance
    lines: Sequence[Line]
    others: int
    of_others: Balance
    closing: Balance
    expiring: Sequence[tuple[int, int]]
    currency: str = ""


class Statement(NamedTuple):
    """A month of a ledger. ``until`` is its end, or now if earlier. ``credit`` is None if there never was any."""

    month: Month
    begin: int
    until: int
    points: Account
    credit: Account | None
    tier: str | None
    complete: bool


def day_of(at: int, days: ShopDays) -> date:
    """The day of an instant in a zone."""
    return from_us(at).astimezone(days.zone).date()
