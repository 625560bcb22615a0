"""Two programmes over what is recorded: a programme differs in nothing from itself, and any order of records is one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from builders.events import NOON, SHOP
from builders.merges import merges
from builders.orders import paid, refund
from builders.rewarded_acts import done, login, review
from harness.recorded_log import recorded
from loyalty.comparing.compare import walk_both
from loyalty.comparing.request import Request, Stored, Zone
from loyalty.domain.programme import BEGINNING
from loyalty.recorded.read import ActsOf
from mandegar.events import Event
from mandegar.kafka.broker import Broker
from mandegar.quantities import DAY_US, to_us

CLUB = """
version: 2
currency: IRR
earn: {rules: [{name: purchase, points: 1, per: 100000}, {name: first, points: 7, when: {first_order: true}}]}
hold: {days: 3}
expiry: {days: 20}
tiers:
  window_days: 30
  levels: [{name: bronze, spend: 0}, {name: gold, spend: 9000000, multiplier: 2}]
acts:
  - {name: story, on: act.done, act: story, points: 20, limits: [{times: 2, per: month}]}
  - {name: visit, on: customer.logged_in, points: 5}
  - {name: review, on: review.submitted, points: 50, tiers: [gold]}
caps: [{name: monthly, points: 90, per: jalali_month}]
budgets: [{name: stories, points: 50, per: month, of: [story]}]
spend: {value: 1000}
guards: {cost_share: 3, liability: 100000}
"""
RICHER = (
    CLUB.replace("points: 20,", "points: 40,").replace("points: 90,", "points: 500,").replace("spend: 9", "spend: 3")
)
CUSTOMERS = ("a", "b", "g_a")
EVENTS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(CUSTOMERS), st.integers(0, 40), st.integers(1, 60)), max_size=14
)


def events_of(told: Sequence[tuple[int, str, int, int]]) -> list[Event]:
    return [made(number, *each) for number, each in enumerate(told)]


def made(number: int, kind: int, customer: str, day: int, size: int) -> Event:
    name, more = f"{number}", {"customer": customer, "days": day}
    if kind == 0:
        return paid(name, size * 100_000, **more)
    if kind == 1:  # of the order before, if that is one
        return refund(f"{number - 1}", size * 50_000, f"r{number}", **more)
    if kind == 2:
        return done("story", name, name, **more)
    return login(name, **more) if kind == 3 else review(f"p{size % 3}", name, **more)


def compared(events: Sequence[Event], before: str, after: str) -> dict[str, Any]:
    request = Request(
        shop=SHOP, broker=Broker(""), prefix="", partitions=1, currency="IRR", zones=[Zone(BEGINNING, "Asia/Tehran")],
        points_from=None, commands=False, before=[Stored(1, BEGINNING, before)], after=[Stored(1, BEGINNING, after)],
        now=to_us(NOON) + 60 * DAY_US,
    )  # fmt: skip
    with recorded({0: events}, acts=ActsOf(request.acts, request.calendars())) as shop:
        return walk_both(shop, request, lambda *_: None)


@given(told=EVENTS, merged=st.booleans())
def test_a_programme_differs_in_nothing_from_itself_to_the_byte(told, merged):
    events = [*events_of(told), *(merges("g_a", "a") if merged else ())]
    result = compared(events, CLUB, CLUB)

    assert json.encode(result["before"]) == json.encode(result["after"])
    assert json.encode(result["budgets"]["before"]) == json.encode(result["budgets"]["after"])
    assert (result["difference"], result["tier_moves"], result["winners"], result["losers"]) == ({}, [], [], [])
    assert all(numbers[2:6] == numbers[6:] for numbers in result["days"].values())


@given(told=EVENTS, merged=st.booleans(), data=st.data())
def test_any_order_of_records_and_any_repetition_is_the_same_comparison(told, merged, data):
    events, persons = events_of(told), merges("g_a", "a") if merged else []
    result = compared([*events, *persons], CLUB, RICHER)
    again = [*data.draw(st.permutations([*events, *events[:4]])), *persons]

    assert json.encode(compared(again, CLUB, RICHER)) == json.encode(result)


@given(told=EVENTS)
def test_gains_and_losses_add_up_to_the_difference_and_nothing_is_taken_that_was_not_given(told):
    result = compared(events_of(told), CLUB, RICHER)
    kept = [
        points["given"] - points["taken"] - points["expired"]
        for points in (result["before"]["points"], result["after"]["points"])
    ]

    changes = sum(each["difference"] for each in [*result["winners"], *result["losers"]])
    assert changes == kept[1] - kept[0]
    assert min(kept) >= 0
    assert Decimal(result["after"]["cost"]) == 1000 * kept[1]
    assert all(side["points"]["taken"] <= side["points"]["given"] for side in (result["before"], result["after"]))


@pytest.mark.parametrize("document", [CLUB, RICHER])
def test_a_shop_without_records_breaks_no_guard(document):
    result = compared([], CLUB, document)

    assert [(each["found"], each["broken"]) for each in result["guards"]] == [("0", False), (None, False)]
    assert result["budgets"] == {"before": [], "after": []}
