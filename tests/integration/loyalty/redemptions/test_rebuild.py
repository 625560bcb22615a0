"""Loyalty made again from its topics knows what was redeemed: states, lots, entries and balances."""

from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import pytest

from builders.erasures import erased, readmitted
from builders.merges import merged
from builders.opening import opened
from builders.orders import cancelled, paid, refund
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty
from harness.spending import end, give_back, reserve
from loyalty.domain import account
from loyalty.till import apply
from mandegar.events import Event

SHORT = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 2}
expiry: {days: 9, warn_days: 2}
tiers: {window_days: 40, levels: [{name: member, spend: 0}]}
"""


def heard_of(random: Random) -> Iterator[Event]:
    number = 0
    while True:
        number += 1
        who, order_id = random.choice("cg"), f"o{random.randrange(6)}"
        days, kind = random.uniform(-12, 0), random.random()
        if kind < 0.2:
            lot, points, until = random.choice("lm"), random.choice([0, 30, 500]), random.choice([None, 3, 9])
            yield opened(lot, points, until=until, name=f"l{number}", customer=who, days=days)
        elif kind < 0.7:
            yield paid(order_id, 1_000_000 * random.randrange(1, 9), name=f"p{number}", customer=who, days=days)
        elif kind < 0.85:
            yield refund(order_id, 2_000_000, f"r{number}", customer=who, days=days)
        else:
            yield cancelled(order_id, name=f"x{number}", version=random.choice([1, 2]), customer=who, days=days)


async def redeemed(random: Random, loyalty: Loyalty) -> AsyncIterator[Any]:
    """Requests one after the other, of either customer; what some of them made ends in one way or another."""
    made: list[tuple[str, Any]] = []
    while True:
        who = random.choice("cg")
        if made and random.random() < 0.6:
            owner, redemption = random.choice(made)
            verb = random.choice(["confirm", "confirm", "cancel", "return"])
            if verb == "return":
                points = random.choice([None, 1, 5])
                yield await give_back(loyalty, redemption, random.choice("ab"), points, owner)
            else:
                yield await end(loyalty, redemption, verb, owner)
        else:
            lasts = random.choice([60, 86_400, 5 * 86_400])
            answer = await reserve(loyalty, random.choice([1, 5, 20, 90]), who, expires_in=lasts)
            if answer.status_code == 201:
                made.append((who, answer))
            yield answer


@pytest.mark.parametrize("remembered", [False, True])
@pytest.mark.parametrize("seed", range(8))
async def test_a_rebuild_has_the_same_redemptions_and_the_same_ledger(
    loyalty, make_database, monkeypatch, seed, remembered
):
    if remembered:
        monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
        monkeypatch.setattr(apply, "WALKED_MAX", 1)
    random = Random(seed)
    assert (await loyalty.put_programme(SHORT, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    heard, facts, requests, statuses = list[Event](), heard_of(random), redeemed(random, loyalty), set[int]()
    merge_at = random.choice([None, 5, 12, 20])
    for number in range(25):
        if number == merge_at:
            events = [merged("g", under="g"), merged("g")]
        else:
            events = [next(facts) for _ in range(random.randrange(3))]
        heard += events
        if events:
            await loyalty.deliver(*events)
        statuses.add((await anext(requests)).status_code)
        await loyalty.news()
        if random.random() < 0.3:
            await loyalty.pass_time(days=random.choice([0, 0.5, 3]))
    assert statuses >= {200, 201}
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, heard, random) as again:
        await compare(loyalty, again)


async def test_what_an_erased_customer_redeemed_is_not_known_after_a_rebuild(loyalty, make_database):
    heard = [opened("l", 20), erased(), readmitted(), opened("m", 9, name="anew", days=0.5)]
    await loyalty.deliver(heard[0])
    made = await reserve(loyalty, 7)
    await end(loyalty, made, "confirm")
    await loyalty.news()
    for event in heard[1:]:
        await loyalty.deliver(event)
    await loyalty.pass_time(days=1)
    again_made = await reserve(loyalty, 4)
    assert again_made.status_code == 201
    await loyalty.news()
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        await compare(loyalty, again)
