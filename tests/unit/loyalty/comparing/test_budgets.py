"""Budgets over recorded acts: the same for any order of arrival, never overdrawn, and what is refused leaves limits."""

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builders.accounts import TEHRAN, programme
from builders.events import NOON, event
from builders.rewarded_acts import done, rule
from harness.recorded_log import recorded
from loyalty.comparing.budgets import Budgets, with_grants
from loyalty.domain.act_rules import COMPLETED, DONE, Acts, Budget, Limit
from loyalty.domain.acts import ActLot
from loyalty.domain.programme import Programme
from loyalty.programme.document import parse_programme
from loyalty.recorded.read import ActsOf
from mandegar.events import Event
from mandegar.events.ingest import CustomerUpdated
from mandegar.quantities import DAY_US, to_us

NOW = to_us(NOON) + 100 * DAY_US
ACTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40)), max_size=14)


def rules(points: int, per: str = "", **more: Any) -> tuple[Programme, ...]:
    acts = Acts(
        (rule("story", DONE, 20, act="story", **more),), budgets=(Budget("s", points, per, frozenset({"story"})),)
    )
    return (replace(programme(), acts=acts),)


def stories(told: Sequence[tuple[str, int]]) -> list[Event]:
    return [done("story", f"{who}{day}", f"{who}{day}", customer=who, days=day) for who, day in told]


def decided(
    events: Sequence[Event], programmes: tuple[Programme, ...], types: frozenset[str] = frozenset({DONE})
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """The points of each customer, and what the budgets tell."""
    points: dict[str, int] = {}
    with TemporaryDirectory() as directory, recorded({0: events}, acts=ActsOf(types, TEHRAN)) as shop:
        budgets = Budgets(Path(directory, "budgets"), programmes, TEHRAN, NOW)
        budgets.decide(shop, lambda *_: None)
        for number, page in shop.some_pages(range(shop.page_count)):
            grants = budgets.grants(number)
            for key, account in page.items():
                lots = with_grants(account, grants.get(key.customer_id, ())).at(programmes, TEHRAN, NOW).lots
                points[key.customer_id] = sum(lot.given for lot in lots if isinstance(lot, ActLot))
        ends = budgets.ends(TEHRAN.day_of)
        budgets.close()
    return points, ends


@given(told=ACTS, points=st.integers(1, 150), per=st.sampled_from(["", "day", "jalali_month"]), data=st.data())
def test_any_order_of_arrival_gives_the_same_and_no_period_gives_more_than_it_has(told, points, per, data):
    some = rules(points, per, limits=(Limit(2, "month"),))
    given_, ends = decided(stories(told), some)
    again = decided(stories(data.draw(st.permutations([*told, *told[:3]]))), some)

    assert again == (given_, ends)
    assert sum(given_.values()) == sum(each["given"] for each in ends)
    assert all(0 <= each["given"] <= points * each["periods"] for each in ends)


def test_a_refused_act_leaves_its_limit_to_the_next_one():
    """The budget of the first day is a's, so b may tell another story on the second day."""
    told = [("a", 1), ("b", 1), ("b", 2), ("b", 3)]
    points, ends = decided(stories(told), rules(20, "day", limits=(Limit(1, "year"),)))

    assert points == {"a": 20, "b": 20}
    assert (ends[0]["given"], ends[0]["refused"], len(ends[0]["ended"])) == (40, 20, 1)


def test_a_budget_that_has_a_part_left_gives_the_part():
    points, ends = decided(stories([("a", 1), ("b", 2), ("c", 3)]), rules(30))

    assert points == {"a": 20, "b": 10, "c": 0}
    assert [each["day"] for each in ends[0]["ended"]] == ["2026-11-24"]


def test_days_of_the_year_pay_out_of_a_budget_as_acts_do():
    """Nobody did anything that day: what follows from a birthday is kept for the comparison alone."""
    document = """
        version: 2
        currency: IRR
        earn: {points: 1, per: 100000}
        tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
        occasions: [{name: birthday, on: birthday, points: 20}]
        budgets: [{name: cakes, points: 30, per: year, of: [birthday]}]
    """
    born = [
        event("customer.updated", CustomerUpdated(version=1, birthday=date(1990, 12, day)), customer=who, name=who)
        for day, who in ((1, "a"), (2, "b"), (3, "c"))
    ]
    rules = (parse_programme(textwrap.dedent(document), version=1, effective_from=0, currency="IRR"),)
    points, ends = decided(born, rules, types=frozenset({COMPLETED}))

    assert points == {"a": 20, "b": 10, "c": 0}
    assert [(each["given"], each["refused"], each["ended"][0]["day"]) for each in ends] == [(30, 30, "2026-12-02")]
