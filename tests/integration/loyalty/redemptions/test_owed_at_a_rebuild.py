"""What refunds owe for redemptions comes back once, whether they were told before a loss of the database or after it,
and however far ahead of the clock they are dated.
"""

from random import Random

import pytest

from builders.opening import opened
from builders.orders import cancelled, order, paid, refund
from harness.coupons import issued
from harness.loyalty_rebuilding import rebuilt
from harness.loyalty_service import Loyalty
from harness.spending import end, read, reserve
from loyalty.account import post
from loyalty.domain import account

PROGRAMME = """
version: 2
currency: IRR
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
earn: {rules: [{name: all, points: 1, per: 100000}, {name: back, credit: 10, per: 100}]}
credit: {step: 1}
spend: {value: 1000, share: {max: 100}}
"""
ORDERS = ["o0", "o1", "o2"]


def refunds(random: Random) -> list:
    """What becomes of the orders, in any order of arrival and partly twice."""
    events = []
    for order_id in ORDERS:
        events += [refund(order_id, random.choice([30_000, 90_000]), name, hours=random.random()) for name in "ab"]
        if random.random() < 0.5:
            events.append(order("updated", order_id, 900_000, version=2, hours=random.random()))
        if random.random() < 0.4:
            events.append(cancelled(order_id, version=3, hours=random.random()))
    random.shuffle(events)
    return [*events, *random.sample(events, 2)]


async def state(loyalty: Loyalty, made: list, codes: list[str]) -> tuple:
    """What is there, what came back of each redemption, and which coupons can be used."""
    balance = await loyalty.balance()
    redemptions = [await read(loyalty, one) for one in made]
    returned = [(each["returned"], each["credit"]["returned"]) for each in redemptions]
    coupons = [(await loyalty.ask("GET", f"/v1/coupons/{code}", "points:spend")).json()["state"] for code in codes]
    kept = {name: balance[name] for name in ("available", "pending", "held", "debt")}
    return kept, balance["credits"][0]["available"], returned, coupons


@pytest.mark.parametrize("settled", ["walked", "remembered", "beside"])
@pytest.mark.parametrize("seed", range(3))
async def test_a_rebuild_gives_back_what_refunds_during_the_outage_owe(
    loyalty, make_database, monkeypatch, seed, settled
):
    """As much as without the loss, had they all come then."""
    if settled != "walked":
        monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
    random = Random(seed)
    assert (await loyalty.put_programme(PROGRAMME, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    heard = [opened("l", 900), paid("early", 30_000_000, days=-1), *[paid(each, 300_000) for each in ORDERS]]
    await loyalty.deliver(*heard)
    made, codes = [], []
    for order_id in ORDERS * 2:
        told = {"order_id": order_id, "total": "300000", "currency": "IRR"}
        made.append(await reserve(loyalty, random.randrange(20, 60), order=told, credit=f"{random.randrange(1, 90)}"))
        assert made[-1].status_code == 201, made[-1].text
        assert (await end(loyalty, made[-1], "confirm")).status_code == 200
    for order_id in ORDERS:
        codes.append((await issued(loyalty, amount="100", back_on_cancel=True))[0])
        answer = await loyalty.ask(
            "POST", f"/v1/coupons/{codes[-1]}/redeem", "points:spend", json={"order_id": order_id}
        )
        assert answer.status_code == 200
    await loyalty.pass_time(hours=1)
    events = refunds(random)
    lost_at = random.randrange(len(events))
    for event in events[:lost_at]:
        await loyalty.deliver(event)
    published = len(loyalty.published)
    await loyalty.deliver(*events[lost_at:])
    heard += events
    await loyalty.pass_time(minutes=1)
    lived = await state(loyalty, made, codes)
    assert sum(points for points, _ in lived[2]) > 0

    loyalty.published = loyalty.published[:published]
    if settled == "beside":
        monkeypatch.setattr(post, "WALKED_MAX", 1)
    async with rebuilt(make_database, loyalty, heard, random) as again:
        await again.pass_time(minutes=1)
        assert await state(again, made, codes) == lived
        assert await again.pass_time(minutes=1) == []
        assert await again.invariant_violations() == []


@pytest.mark.parametrize("remembered", [False, True])
async def test_what_refunds_that_are_dated_ahead_owe_comes_back_at_their_instants(loyalty, monkeypatch, remembered):
    """By the timer, without another event about the order."""
    if remembered:
        monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
    assert (await loyalty.put_programme(PROGRAMME, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    await loyalty.deliver(opened("l", 100), paid("o", 100_000))
    made = await reserve(loyalty, 100, order={"order_id": "o", "total": "100000", "currency": "IRR"})
    assert (await end(loyalty, made, "confirm")).status_code == 200
    await loyalty.pass_time(minutes=1)
    await loyalty.deliver(refund("o", 20_000, "a", hours=2), refund("o", 30_000, "b", hours=1))
    assert (await loyalty.balance())["available"] == 1

    told = await loyalty.pass_time(minutes=59)
    posted = [event.data.entries for event in told if event.type == "points.posted"]
    assert sorted(entry.points for entries in posted for entry in entries) == [-1, 30]
    await loyalty.pass_time(hours=1)
    assert (await loyalty.balance())["available"] == 50
    await loyalty.deliver(cancelled("o", version=2, hours=2))
    assert (await loyalty.balance())["available"] == 100
    assert (await read(loyalty, made))["returned"] == 100
    assert await loyalty.invariant_violations() == []
