"""The dates at boundaries that the manual states are those that the product computes."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from loyalty.domain.zones import always
from loyalty.statement.months import month_of
from mandegar.calendar import shop_days
from mandegar.quantities import DAY_US, from_us, to_us

_MANUAL = (Path(__file__).parents[2] / "docs" / "loyalty.md").read_text()
_ROWS = [
    [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in _MANUAL.split("### Dates at boundaries")[1].split("\n")
    if re.search(r"\| \w+/\w+ \|", line)
]
EXPIRIES = [row for row in _ROWS if len(row) == 7]
MONTHS = [row for row in _ROWS if len(row) == 5]


def shown(at: int, zone: str) -> str:
    return from_us(at).astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="minutes")


@pytest.mark.parametrize(("what", "zone", "paid", "hold", "usable", "days", "expires"), EXPIRIES)
def test_points_are_usable_and_expire_when_the_manual_says(what, zone, paid, hold, usable, days, expires):
    earned_at = to_us(datetime.fromisoformat(paid))
    active_at = earned_at + int(hold) * DAY_US

    assert shown(active_at, zone) == usable, what
    assert shown(always(shop_days(zone)).expiry(earned_at, active_at, int(days)).at, zone) == expires, what


@pytest.mark.parametrize(("month", "zone", "begins", "ends", "hours"), MONTHS)
def test_a_month_begins_and_ends_when_the_manual_says(month, zone, begins, ends, hours):
    begin, end = month_of(month).span(shop_days(zone))

    assert (shown(begin, zone), shown(end, zone), (end - begin) // (DAY_US // 24)) == (begins, ends, int(hours))


def test_the_manual_has_the_boundaries():
    assert (len(EXPIRIES), len(MONTHS)) == (15, 9)
