"""Loyalty made again from its topics has the ledgers of those who turned out to be one person, entry by entry."""

from collections.abc import Iterator
from random import Random

import pytest

from builders.merges import merged, split
from builders.opening import granted, opened
from builders.orders import cancelled, paid, refund
from builders.rewarded_acts import done, login, review, sign_up
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import loyalty_service
from loyalty.account.rebuild_merges import close_the_rest
from mandegar.database.invariants import Violation
from mandegar.events import Event

TIERS = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 3}
expiry: {days: 30, warn_days: 5}
tiers:
  window_days: 40
  levels:
    - {name: bronze, spend: 0}
    - {name: silver, spend: 10000000, multiplier: 1.5}
    - {name: gold, spend: 25000000, multiplier: 2}
acts:
  - {name: visit, on: customer.logged_in, points: 5, limits: [{times: 3, per: week}]}
  - {name: review, on: review.submitted, points: 50}
  - {name: welcome, on: customer.signed_up, points: 100, hold_days: 1}
  - {name: story, on: act.done, act: story-shared, points: 20, cooldown_days: 2}
caps:
  - {name: weekly, points: 90, per: jalali_week, of: [review, story]}
"""


def an_act(random: Random, name: str, who: str) -> Event:
    """An act since the programme was stored, of one of few products and posts."""
    when = {"name": name, "customer": who, "days": random.uniform(0, 4)}
    return random.choice(
        [
            lambda: login(**when),
            lambda: sign_up(**when),
            lambda: review(random.choice("pq"), **when),
            lambda: done("story-shared", subject=random.choice([None, "post"]), **when),
        ]
    )()


def story(random: Random) -> Iterator[list[Event]]:
    """Orders of five ids, of which four become one in some order; what was told of an alias is told of the root."""
    ids, version = ["a", "b", "c", "d", "e"], 0
    links: dict[str, str] = {}
    for number in range(random.randrange(10, 40)):
        who = random.choice(ids)
        order_id = f"o{random.randrange(8)}"
        days = random.uniform(-50, 0)
        kind = random.random()
        if kind < 0.15:
            points, until = random.choice([0, 30, 500]), random.choice([None, days - 1, days + 9])
            yield [opened(random.choice("lm"), points, until=until, name=f"l{number}", customer=who, days=days)]
        elif kind < 0.2:
            tier, until = random.choice(["silver", "gold", "unheard-of"]), days + random.choice([1, 10, 60])
            yield [granted(tier, until=until, name=f"g{number}", customer=who, days=days)]
        elif kind < 0.6:
            yield [paid(order_id, 1_000_000 * random.randrange(1, 9), name=f"p{number}", customer=who, days=days)]
        elif kind < 0.7:
            yield [refund(order_id, 500_000, f"r{number}", customer=who, days=days)]
        elif kind < 0.75:
            yield [an_act(random, f"a{number}", who)]
        elif kind < 0.8:
            yield [cancelled(order_id, name=f"x{number}", version=random.choice([1, 2]), customer=who, days=days)]
        elif who not in links and who != "e":
            root = random.choice([one for one in ids if one not in links and one != who])
            version += 1
            links[who] = root
            yield [merged(who, root, version, under=key) for key in (who, root)]


@pytest.mark.parametrize("seed", range(12))
async def test_a_rebuild_after_merges_has_the_same_ledger(loyalty, make_database, seed):
    random = Random(seed)
    assert (await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    heard: list[Event] = []
    for events in story(random):
        heard += events
        await loyalty.deliver(*events)
        if random.random() < 0.3:
            await loyalty.pass_time(days=random.choice([0, 1, 4]))
    async with rebuilt(make_database, loyalty, heard, random) as again:
        await compare(loyalty, again)


async def test_a_rebuild_knows_what_an_alias_earned_before_a_split(loyalty, make_database):
    heard = [
        paid("o", customer="g", days=-30), paid("p", days=-3), merged("g", under="g"), split("g"),
        paid("o", 7_000_000, name="anew", customer="g", days=-20), refund("o", 1_000_000, customer="g", days=-1),
    ]  # fmt: skip
    for one in heard:
        await loyalty.deliver(one)
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        await compare(loyalty, again)


async def test_what_the_lost_database_had_not_told_of_a_merge_is_told_after_the_rebuild(loyalty, make_database):
    await loyalty.deliver(paid("o", customer="g", days=-30), paid("p", days=-3))
    said = [*loyalty.published]
    await loyalty.deliver(merged("g"))
    loyalty.published[:] = said
    heard = [paid("o", customer="g", days=-30), paid("p", days=-3), merged("g", under="g"), merged("g")]
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        told = await again.pass_time()

        assert await again.invariant_violations() == list[Violation]()
        balances = {one.customer_id: one.data.balance.lifetime for one in told if one.type == "points.posted"}
        assert balances == {"g": 0, "c": 200}
        rows = await again.database.worker.fetch("SELECT customer_id, lifetime, version FROM customers ORDER BY 1")
        (root, earned, newest), (alias, left, last) = rows
        assert (root, earned, alias, left) == ("c", 200, "g", 0)
        assert newest > last


async def test_the_warnings_of_an_alias_come_back_with_the_root(loyalty, make_database):
    await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")
    heard = [paid("o", customer="g", days=-1), paid("p", days=5)]
    await loyalty.deliver(heard[0])
    await loyalty.pass_time(days=6)
    await loyalty.deliver(heard[1])
    await loyalty.pass_time(days=22)
    heard.append(merged("g", days=28))
    await loyalty.deliver(heard[-1])
    assert {one.customer_id for one in loyalty.published if one.type == "points.expiring"} == {"g"}
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        await compare(loyalty, again)


async def test_an_empty_service_rebuilds_to_nothing(make_database):
    async with loyalty_service(await make_database("loyalty")) as empty:
        await close_the_rest(empty.context)
        assert await empty.news() == []
