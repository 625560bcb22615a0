"""Points that nobody asked for: on birthdays, for who was away, for orders that win. Time and chance settle them."""

from datetime import date, timedelta
from random import Random

import pytest

from builders.bands import crossed
from builders.customers import profile
from builders.erasures import erased
from builders.merges import merged
from builders.orders import paid, refund
from builders.rewarded_acts import done
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty, kinds

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
occasions:
  - {name: birthday, on: birthday, points: 200, expiry_days: 5}
  - {name: years, on: membership, points: 10}
  - {name: yalda, on: day, calendar: jalali, day: 09-30, points: 30}
away:
  - {name: missed, bands: [at_risk], points: 50, expiry_days: 14, every_days: 90}
surprises:
  - {name: lucky, chance: 100, seed: a seed of the tests, points: 7, min_spend: 100000}
budgets:
  - {name: calls, points: 60, per: month, of: [missed]}
"""
BORN = date(1990, 11, 25)


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    answer = await loyalty.put_programme(PROGRAMME)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=4))
    return loyalty


async def acts(loyalty: Loyalty, customer: str = "c") -> list[tuple[str, int, str | None]]:
    body = (await loyalty.get(f"/v1/customers/{customer}/acts")).json()
    return [(act["act"]["id"].partition("/")[0], act["points"], act["reason"]) for act in body["acts"]]


async def test_a_birthday_is_paid_by_the_timer_and_its_points_expire(club):
    assert await club.deliver(profile(1, birthday=BORN, hours=1)) == []
    events = await club.pass_time(days=5)

    assert kinds(events) == [("earn", 200), ("activate", 200)]
    (entry, _) = [entry for event in events if event.type == "points.posted" for entry in event.data.entries]
    assert (entry.act.type, entry.act.id, entry.rules) == ("occasion", "birthday/2026-11-25", ("birthday",))
    assert kinds(await club.pass_time(days=6)) == [("expire", -200)]
    assert await club.invariant_violations() == []


async def test_a_customer_without_a_date_is_due_for_the_holiday_alone(club):
    await club.deliver(paid("1", 1_000_000, hours=1))

    due = await club.database.worker.fetchval("SELECT due_at FROM customers")
    assert due.date() == date(2026, 12, 20)  # midnight in Tehran


async def test_of_a_date_only_the_day_of_the_year_is_stored(club):
    await club.deliver(profile(1, birthday=BORN, attributes={"wedding": "2015-07-01"}, hours=1))

    facts = await club.database.worker.fetch("SELECT facts FROM orders")
    assert len(facts) == 2
    assert not any("1990" in row["facts"] or str(BORN.toordinal()) in row["facts"] for row in facts)


async def test_who_drifts_away_is_called_back_once_and_within_the_budget(club):
    for place, customer in enumerate("ab"):
        await club.deliver(crossed(hours=1, customer=customer, name=f"x{place}"))
    await club.deliver(crossed(hours=2, customer="a", name="again", version=2))

    assert await acts(club, "a") == [("at_risk", 0, "cooldown"), ("at_risk", 50, None)]
    assert await acts(club, "b") == [("at_risk", 10, "budget_exhausted")]
    await club.pass_time(days=16)
    assert [(await club.balance(customer))["available"] for customer in "ab"] == [0, 0]
    assert await club.invariant_violations() == []


async def test_a_crossing_of_a_history_that_comes_in_gives_nothing_and_neither_does_one_without_a_rule(club, loyalty):
    assert await club.deliver(crossed(hours=1, backfill=True, name="old")) == []
    assert await club.deliver(crossed("lost", hours=1, name="other")) == []


async def test_an_order_wins_and_loses_it_with_the_refund(club):
    won = await club.deliver(paid("1", 1_000_000, hours=1))
    lost = await club.deliver(refund("1", 1_000_000, "r1", hours=2))

    assert sorted(kinds(won)) == [("activate", 7), ("activate", 10), ("earn", 7), ("earn", 10)]
    assert sorted(kinds(lost)) == [("reverse", -10), ("reverse", -7)]
    assert (await club.balance())["lifetime"] == 0


async def test_two_ids_of_one_person_have_one_birthday(club):
    for customer in ("c", "g_1"):
        await club.deliver(profile(1, birthday=BORN, customer=customer, hours=1))
    await club.pass_time(days=4)
    assert (await club.balance("g_1"))["lifetime"] == 200
    await club.deliver(merged("g_1", "c"))

    assert (await club.balance("c"))["lifetime"] == 200
    assert await club.invariant_violations() == []


async def test_an_erased_customer_has_no_birthday(club):
    await club.deliver(profile(1, birthday=BORN, hours=1))
    await club.deliver(erased("c"))

    assert await club.pass_time(days=5) == []
    assert await club.database.worker.fetchval("SELECT count(*) FROM orders") == 0


@pytest.mark.parametrize("seed", range(3))
async def test_a_rebuild_gives_what_was_given(club, make_database, seed):
    random = Random(seed)
    heard = [
        profile(1, birthday=BORN, hours=1),
        profile(2, birthday=BORN.replace(day=27), hours=2),
        crossed(hours=1.5, name="x"),
        done("dates-confirmed", "ok", hours=3),
        *[paid(str(number), 1_000_000, hours=random.uniform(0, 3)) for number in range(6)],
        refund("2", 500_000, "r2", hours=3.5),
        refund("3", 1_000_000, "r3", hours=3.5),
    ]
    random.shuffle(heard)
    for event in heard:
        await club.deliver(event)
    await club.pass_time(days=40)
    assert (await club.balance())["lifetime"] == 45 + 5 * 7 + 200 + 30 + 50

    async with rebuilt(make_database, club, heard, random) as again:
        await compare(club, again)
