"""The dates at boundaries that the manual states are those that the product computes."""

import re
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from loyalty.domain.orders import PAID, Fact
from loyalty.domain.programme import BEGINNING
from loyalty.domain.timeline import walk
from loyalty.domain.zones import always
from loyalty.programme.document import parse_programme
from loyalty.statement.months import month_of
from mandegar.calendar import shop_days
from mandegar.quantities import DAY_US, from_us, to_us

_MANUAL = (Path(__file__).parents[2] / "docs" / "loyalty.md").read_text()
_ROWS = [
    [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in _MANUAL.split("### Dates at boundaries")[1].split("\n")
    if re.search(r"\| \w+/\w+ \|", line)
]
EXPIRIES = [row for row in _ROWS if len(row) == 7 and row[3].isdigit()]
TIERS = [row for row in _ROWS if len(row) == 7 and not row[3].isdigit()]
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


@pytest.mark.parametrize(("what", "zone", "paid", "period", "keep", "grace", "held"), TIERS)
def test_a_tier_is_held_until_the_manual_says(what, zone, paid, period, keep, grace, held):
    calendar, span = period.split()
    programme = parse_programme(
        f"""
version: 2
currency: IRR
earn: {{points: 1, per: 100}}
tiers:
  window: {{period: {span}, calendar: {calendar}, keep: {keep}}}
  grace_days: {grace}
  levels: [{{name: member, spend: 0}}, {{name: gold, spend: 100}}]
""",
        version=1,
        effective_from=BEGINNING,
        currency="IRR",
    )
    paid_at, until = (to_us(datetime.fromisoformat(instant)) for instant in (paid, held))
    order = "o", UUID(int=1), [Fact(paid_at, "p", PAID, 100 * 10**9)]
    timelines = [walk([order], [programme], always(shop_days(zone)), now) for now in (paid_at, until - 1, until)]

    assert shown(timelines[0].tier_until, zone) == held, what
    assert [timeline.tier for timeline in timelines] == [1, 1, 0]


def test_the_manual_has_the_boundaries():
    assert (len(EXPIRIES), len(TIERS), len(MONTHS)) == (15, 10, 9)
