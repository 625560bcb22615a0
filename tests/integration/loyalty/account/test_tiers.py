"""Tiers that are counted in orders and in Jalali years, on the service: reached, warned of, lost, rebuilt."""

from datetime import timedelta
from random import Random

import pytest

from builders.merges import merges
from builders.orders import paid, refund
from harness.in_process import NOON
from harness.loyalty_rebuilding import compare, rebuilt

TIERS = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers:
  window: {period: month, calendar: jalali}
  grace_days: 5
  drop: one_step
  warn_days: 10
  levels:
    - {name: bronze, orders: 0}
    - {name: silver, orders: 2}
    - {name: gold, orders: 4, multiplier: 2}
"""


@pytest.fixture
async def club(loyalty):
    assert (await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    return loyalty


async def tier_of(club, customer: str = "c"):
    answer = await club.get(f"/v1/customers/{customer}/club")
    assert answer.status_code == 200, answer.text
    return answer.json()["tier"]


def moves(events) -> list[tuple[str, str]]:
    return [(event.data.previous, event.data.tier) for event in events if event.type == "tier.changed"]


async def test_a_tier_is_reached_told_warned_of_and_lost_step_by_step(club):
    """NOON is 1 Azar 1405: what is reached in Azar is held to the end of Dey and five days more."""
    reached = await club.deliver(*[paid(f"o{each}", 1_000_000, days=(each - 5) / 20) for each in range(5)])
    tier = await tier_of(club)
    later = [event for _ in range(130) for event in await club.pass_time(days=1)]
    warned = [event for event in later if event.type == "tier.at_risk"]

    assert moves(reached) == [("bronze", "gold")]
    assert tier["measure"] == "orders"
    assert tier["reached"] == "5"
    assert tier["until"] == "2027-01-25T20:30:00Z"
    assert tier["keep"] == {"until": "2027-01-25T20:30:00Z", "falls_to": "silver", "missing": "4"}
    assert moves(later) == [("gold", "silver"), ("silver", "bronze")]
    assert [(event.data.measure, event.data.missing_count, event.data.missing) for event in warned] == [
        ("orders", 4, None),
        ("orders", 2, None),
    ]
    assert [event.data.until.isoformat()[:10] for event in warned] == ["2027-01-25", "2027-02-24"]
    assert await club.invariant_violations() == []


async def test_the_last_order_earns_by_the_tier_before_it_and_a_refund_takes_the_tier(club):
    await club.deliver(*[paid(f"o{each}", 1_000_000, days=(each - 5) / 20) for each in range(5)])
    assert (await club.balance())["lifetime"] == 60
    await club.deliver(refund("o0", 1_000_000), refund("o1", 1_000_000))

    assert (await tier_of(club))["name"] == "silver"
    assert (await tier_of(club))["next"] == {"name": "gold", "missing": "1"}
    assert (await club.balance())["lifetime"] == 40


async def test_two_ids_of_one_person_reach_a_tier_together_and_a_rebuild_comes_to_the_same(club, make_database):
    heard = [paid(f"o{each}", 1_000_000) for each in range(2)]
    heard += [paid(f"g{each}", 1_000_000, customer="g_1") for each in range(2)]
    heard += merges("g_1", "c")
    for event in heard:
        await club.deliver(event)
    await club.pass_time(days=60)

    assert (await tier_of(club))["name"] == "gold"
    async with rebuilt(make_database, club, heard, Random(4)) as again:
        await compare(club, again)


async def test_a_version_that_counts_orders_takes_over_from_one_that_counts_money(loyalty):
    begin = (NOON + timedelta(days=2)).isoformat()
    assert (await loyalty.put_programme(TIERS, effective_from=begin)).status_code == 201
    await loyalty.deliver(*[paid(f"o{each}", 1_000_000) for each in range(8)])
    events = await loyalty.pass_time(days=3)

    assert [event.data.tier for event in events if event.type == "tier.changed"][-1:] == ["gold"]
    assert await loyalty.invariant_violations() == []
