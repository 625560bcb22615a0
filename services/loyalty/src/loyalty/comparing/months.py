"""The days of a comparison as months, of the Gregorian or the Jalali calendar."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from persiantools.jdatetime import JalaliDate

from mandegar.months import Calendar

CALENDARS: tuple[Calendar, ...] = ("gregorian", "jalali")
_POINTS = ("given", "taken", "expired", "spent")


def month_of(day: int, calendar: Calendar) -> str:
    """The month of a day (an ordinal), as 2026-11 or 1405-08."""
    at = date.fromordinal(day)
    if calendar == "jalali":
        jalali = JalaliDate(at)  # type: ignore[no-untyped-call]
        return f"{jalali.year:04}-{jalali.month:02}"
    return f"{at:%Y-%m}"


def months_of(days: Mapping[str, Sequence[int]], calendar: Calendar) -> list[dict[str, Any]]:
    """What happened in each month. ``days`` has orders, their net in billionths, and points before and after.

    ``kept`` is what is left of all points of a programme at the end of the month: given, and neither taken back,
    expired nor spent.
    """
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0] * 10)
    for day, numbers in days.items():
        month = sums[month_of(int(day), calendar)]
        for place, number in enumerate(numbers):
            month[place] += number
    months, kept = [], [0, 0]
    for name in sorted(sums):
        orders, net, *points = sums[name]
        sides = [dict(zip(_POINTS, points[start : start + 4], strict=True)) for start in (0, 4)]
        for side, each in enumerate(sides):
            kept[side] += each["given"] - each["taken"] - each["expired"] - each["spent"]
            each["kept"] = kept[side]
        revenue = f"{Decimal(net).scaleb(-9).normalize():f}"
        months.append({"month": name, "orders": orders, "revenue": revenue, "before": sides[0], "after": sides[1]})
    return months
