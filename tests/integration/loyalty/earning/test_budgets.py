"""Budgets of a shop: each grant is a recorded fact, none is overdrawn, and what is taken back can be given again."""

import asyncio
from datetime import timedelta
from random import Random

import pytest

from builders.erasures import erased
from builders.merges import merged
from builders.rewarded_acts import done, login
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty, kinds

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
acts:
  - {name: story, on: act.done, act: story-shared, points: 20, limits: [{times: 1, per: day}]}
  - {name: visit, on: customer.logged_in, points: 5}
budgets:
  - {name: stories, points: 50, per: jalali_month, of: [story]}
"""


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    answer = await loyalty.put_programme(PROGRAMME)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=4))
    return loyalty


async def used(loyalty: Loyalty) -> list[tuple[str, int]]:
    rows = await loyalty.database.worker.fetch("SELECT budget, used FROM budgets ORDER BY number")
    return [tuple(row) for row in rows]


async def given(loyalty: Loyalty, customer: str) -> list[tuple[int, int, str | None]]:
    acts = (await loyalty.get(f"/v1/customers/{customer}/acts")).json()["acts"]
    return [(act["points_wanted"], act["points"], act["reason"]) for act in acts]


async def test_a_budget_gives_until_it_is_exhausted_and_says_so(club):
    events = await club.deliver(
        *(done("story-shared", f"s{number}", customer=f"c{number}", hours=number) for number in range(4)),
        login("l", customer="c3", hours=1),
    )

    drawn = [(event.data.points, event.data.asked) for event in events if event.type == "budget.drawn"]
    assert sorted(drawn) == [(0, 20), (10, 20), (20, 20), (20, 20)]
    assert await used(club) == [("stories", 50)]
    told = [answer for number in range(4) for answer in await given(club, f"c{number}") if answer[0] == 20]
    assert sorted(told, key=str) == [
        (20, 0, "budget_exhausted"), (20, 10, "budget_exhausted"), (20, 20, None), (20, 20, None)
    ]  # fmt: skip
    assert await club.invariant_violations() == []


async def test_what_is_refused_stays_refused_and_a_new_period_has_a_new_budget(club):
    await club.deliver(*(done("story-shared", f"s{number}", customer=f"c{number}", hours=1) for number in range(3)))
    await club.pass_time(days=40)
    events = await club.deliver(done("story-shared", "t", customer="c2", days=39))

    assert [event.data.points for event in events if event.type == "budget.drawn"] == [20]
    assert [budget for _, budget in await used(club)] == [50, 20]


async def test_an_act_that_loses_its_place_gives_its_points_back(club):
    await club.deliver(done("story-shared", "late", customer="a", hours=3))
    events = await club.deliver(done("story-shared", "early", customer="a", hours=1))

    assert [event.data.points for event in events if event.type == "budget.drawn"] == [-20, 20]
    assert await used(club) == [("stories", 20)]
    assert await given(club, "a") == [(20, 0, "limit_reached"), (20, 20, None)]
    assert sum(points for kind, points in kinds(events) if kind == "earn") == 0


async def test_two_ids_of_one_person_give_back_what_was_given_twice(club):
    await club.deliver(done("story-shared", "a", "post", customer="g_1", hours=1))
    await club.deliver(done("story-shared", "b", "post", hours=2))
    assert await used(club) == [("stories", 40)]
    await club.deliver(merged("g_1", "c"))

    assert await used(club) == [("stories", 20)]
    assert (await club.balance())["lifetime"] == 20


async def test_two_batches_at_once_do_not_overdraw_a_budget(club):
    batches = [
        [done("story-shared", f"s{place}-{number}", customer=f"c{place}-{number}", hours=1) for number in range(9)]
        for place in range(4)
    ]
    await asyncio.gather(*(club.poll("ingest.events", {place: some}) for place, some in enumerate(batches)))

    assert await used(club) == [("stories", 50)]
    total = await club.database.worker.fetchval("SELECT sum(lifetime) FROM customers")
    assert total == 50
    assert await club.invariant_violations() == []


async def test_an_erased_customer_was_given_what_they_were_given(club):
    await club.deliver(done("story-shared", "a", hours=1))
    await club.deliver(erased("c"))

    assert await used(club) == [("stories", 20)]


@pytest.mark.parametrize("seed", range(4))
async def test_a_rebuild_knows_who_was_given_what(club, make_database, seed):
    random, heard = Random(seed), []
    for number in range(12):
        who = random.choice(["a", "b", "g_1"])
        heard.append(
            done("story-shared", f"s{number}", random.choice([None, "x"]), customer=who, hours=random.random())
        )
        if random.random() < 0.2:
            heard.append(merged("g_1", "a"))
    for event in heard:
        await club.deliver(event)
    before = await used(club)

    async with rebuilt(make_database, club, heard, random) as again:
        await compare(club, again)
        assert await used(again) == before
