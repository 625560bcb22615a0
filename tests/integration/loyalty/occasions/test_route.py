"""What a customer's occasions are, when the next one comes, and why it gives nothing."""

from datetime import date, timedelta

import pytest

from builders.customers import profile
from builders.orders import paid
from harness.loyalty_service import Loyalty

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
occasions:
  - {name: birthday, on: birthday, points: 200}
  - {name: wedding, on: profile, field: wedding, points: 20}
  - {name: years, on: membership, points: 10}
  - {name: yalda, on: day, calendar: jalali, day: 09-30, points: 30}
"""


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    answer = await loyalty.put_programme(PROGRAMME)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=4))
    return loyalty


async def coming(loyalty: Loyalty) -> list[tuple[str, str, str | None, str | None]]:
    body = (await loyalty.get("/v1/customers/c/occasions")).json()
    return [(each["rule"], each["on"], each["next_day"], each["reason"]) for each in body["occasions"]]


@pytest.mark.parametrize("orders", [1, 6])  # an account with six orders is remembered
async def test_what_comes_next_and_what_is_missing(club, orders):
    await club.deliver(*[paid(str(number), 100_000, hours=1) for number in range(orders)])
    assert await coming(club) == [
        ("yalda", "day", "2026-12-21", None),
        ("years", "membership", "2027-11-22", None),
        ("birthday", "birthday", None, "no_date"),
        ("wedding", "profile", None, "no_date"),
    ]

    for place, day in enumerate([1, 2, 3]):
        born = date(1990, 11, 24 + day)
        await club.deliver(profile(place + 1, birthday=born, attributes={"wedding": "2015-01-05"}, hours=1 + place / 9))
    assert await coming(club) == [
        ("birthday", "birthday", "2026-11-27", "changed_twice"),
        ("yalda", "day", "2026-12-21", None),
        ("wedding", "profile", "2027-01-05", None),
        ("years", "membership", "2027-11-22", None),
    ]


async def test_a_shop_without_occasions_has_none(loyalty):
    await loyalty.deliver(paid("1", 100_000))

    assert await coming(loyalty) == []
