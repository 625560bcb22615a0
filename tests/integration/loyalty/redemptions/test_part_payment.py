"""Points as a part of a payment: what they are worth, which part they may pay, and what comes back of a refund."""

from itertools import permutations
from random import Random
from typing import Any

import pytest

from builders.events import event
from builders.merges import merges
from builders.opening import opened
from builders.orders import cancelled, order, paid, refund
from builders.rewards import catalogue, reward
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty
from harness.spending import end, read, reserve
from loyalty.domain import account
from loyalty.till import apply
from mandegar.events.ingest import OrderMoved

SPEND = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
spend:
  value: 1000
  minimum_points: 20
  share: {min: 5, max: 40}
  exclude: {categories: [gold], products: [voucher]}
"""
HUNDRED = {"amount": "100000", "currency": "IRR", "points": 100}
ORDER = {"order_id": "o", "total": "500000", "currency": "IRR"}


@pytest.fixture(params=["walked", "remembered"])
async def shop(request: pytest.FixtureRequest, loyalty: Loyalty, monkeypatch) -> Loyalty:
    """The customer ``c`` has 300 points, each worth 1,000 rial."""
    if request.param == "remembered":
        monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
        monkeypatch.setattr(apply, "WALKED_MAX", 0)
    assert (await loyalty.put_programme(SPEND, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    await loyalty.deliver(opened("long", 250), opened("short", 50, until=9))
    return loyalty


async def pay(shop: Loyalty, *, items: list[dict[str, str]] | None = None, key: str | None = None, **more: Any) -> Any:
    order = {**ORDER, **{name: more.pop(name) for name in ("total", "currency", "order_id") if name in more}}
    body = {"order": order | ({} if items is None else {"items": items}), **more}
    return await reserve(shop, body.pop("points", None), key=key, **body)


async def test_points_pay_what_they_are_worth(shop):
    made = (await pay(shop, points=100)).json()
    assert (made["discount"], made["points"], made["order_id"]) == (HUNDRED, 100, "o")
    made = (await pay(shop, amount="99999.5")).json()
    assert (made["discount"], made["points"]) == (HUNDRED | {"amount": "99000", "points": 99}, 99)


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        ({"points": 100, "currency": "EUR"}, "other_currency", {"currency": "IRR"}),
        ({"points": 201}, "share_too_large", {"at_most": {"points": 200, "amount": "200000"}, "available": 300}),
        ({"amount": "500000"}, "share_too_large", {"at_least": {"points": 25, "amount": "25000"}}),
        ({"points": 24}, "too_few_points", {"at_least": {"points": 25, "amount": "25000"}}),
        ({"amount": "0"}, "too_few_points", {"points": 0}),
        ({"points": 20, "total": "0"}, "nothing_payable", {}),
        ({"points": 20, "total": "40000"}, "invoice_too_small", {"at_most": {"points": 16, "amount": "16000"}}),
        (
            {
                "points": 20,
                "items": [{"category": "gold", "amount": "400000"}, {"product_id": "voucher", "amount": "100000"}],
            },
            "nothing_payable",
            {},
        ),
        (
            {
                "points": 100,
                "items": [{"category": "gold", "amount": "300000"}, {"product_id": "tea", "amount": "200000"}],
            },
            "share_too_large",
            {"at_most": {"points": 80, "amount": "80000"}},
        ),
        ({"points": 400, "total": "99000000"}, "too_few_points", {}),
        ({"points": 5_000, "total": "99000000"}, "not_enough_points", {"required": 5_000, "available": 300}),
    ],
)
async def test_each_refusal_has_a_machine_reason_with_the_possible_figures(shop, more, code, told):
    answer = await pay(shop, **more)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, code), body
    assert {name: body[name] for name in told} == told
    assert (await shop.balance())["held"] == 0


async def test_a_shop_whose_programme_says_no_worth_takes_no_points_as_payment(loyalty):
    await loyalty.deliver(opened("l", 100))
    answer = await pay(loyalty, points=20)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_part_payment")


@pytest.mark.parametrize(
    "body",
    [
        {"order": ORDER},
        {"order": ORDER, "points": 1, "amount": "1"},
        {"amount": "1"},
        {"order": {**ORDER, "total": 5}, "points": 1},
        {"order": {**ORDER, "total": "-5"}, "points": 1},
        {"order": {**ORDER, "total": "1e9"}, "points": 1},
        {"order": {**ORDER, "total": "NaN"}, "points": 1},
        {"order": {**ORDER, "total": "9" * 60}, "points": 1},
        {"order": ORDER, "points": 1, "order_id": "other"},
    ],
)
async def test_an_impossible_order_is_refused(loyalty, body):
    headers = {"Idempotency-Key": "k"}
    answer = await loyalty.ask("POST", "/v1/customers/c/redemptions", "points:spend", json=body, headers=headers)
    assert answer.status_code == 422


async def paid_with(shop: Loyalty, *points: int) -> list[Any]:
    made = [await pay(shop, points=each, total="99000" if each < 40 else "500000") for each in points]
    for each in made:
        assert each.status_code == 201, each.text
        assert (await end(shop, each, "confirm")).status_code == 200
    return made


async def test_a_part_that_is_refunded_gives_points_back_in_proportion(shop):
    [made] = await paid_with(shop, 101)
    await shop.deliver(paid("o", 400_000), refund("o", 100_000))
    stands = await read(shop, made)
    assert (stands["state"], stands["returned"]) == ("confirmed", 26)  # 75.75 of 101 would stay spent: 75 do
    balance = await shop.balance()
    assert balance["available"] == 300 - 101 + 26 + 3
    await shop.deliver(cancelled("o", version=9))
    assert (await read(shop, made))["returned"] == 101
    assert (await shop.balance())["available"] == 300
    assert await shop.invariant_violations() == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_in_any_order_of_arrival_the_same_comes_back(shop, order):
    [made] = await paid_with(shop, 100)
    events = [paid("o", 400_000), refund("o", 50_000, "a"), refund("o", 150_000, "b")]
    for place in order:
        await shop.deliver(events[place])
        await shop.deliver(events[place])
    assert (await read(shop, made))["returned"] == 50
    lots = {lot["opening_id"]: lot["available"] for lot in (await shop.get("/v1/customers/c/ledger")).json()["lots"]}
    assert (lots["long"], lots.get("short", 0)) == (250, 0)
    assert await shop.invariant_violations() == []


async def test_of_several_redemptions_of_an_order_the_same_comes_back_in_one_refund_or_in_two(shop):
    """And of a refund that is corrected to less, told at once with it or after it."""
    shares = []
    for nth, order_id in enumerate(("together", "apart")):
        made = []
        for points in (25, 26, 27):
            made.append(await pay(shop, points=points, order_id=order_id, total="80000"))
            assert (await end(shop, made[-1], "confirm")).status_code == 200
            await shop.pass_time(minutes=1)
        await shop.pass_time(minutes=57)
        amounts = {0.5: 40_000, 0.6: 90_000, 0.7: 10_000}
        told = [refund(order_id, part, name=f"{order_id}-{part}", hours=at + nth) for at, part in amounts.items()]
        await shop.deliver(paid(order_id, 100_000))
        for batch in [told] if order_id == "together" else [[each] for each in told]:
            await shop.deliver(*batch)
        shares.append([(await read(shop, each))["returned"] for each in made])
    assert shares[0] == shares[1] == [18, 26, 27]
    assert await shop.invariant_violations() == []


@pytest.mark.parametrize("guest_pays", [False, True])
async def test_a_refund_that_was_told_of_a_guest_gives_back_once_the_guest_is_known(shop, make_database, guest_pays):
    """And one that was told of the customer, of an order that the guest paid with points."""
    payer, owner = ("a_1", "c") if guest_pays else ("c", "a_1")
    heard = [opened("of guest", 150, customer="a_1")]
    await shop.deliver(*heard)
    made = await pay(shop, points=100, customer=payer)
    assert (await end(shop, made, "confirm", payer)).status_code == 200
    heard += [paid("o", 400_000, customer=owner), refund("o", 200_000, customer=owner)]
    await shop.deliver(*heard)
    assert (await read(shop, made, payer))["returned"] == 0
    await shop.deliver(*merges("a_1", "c"))
    assert (await read(shop, made))["returned"] == 50
    assert await shop.invariant_violations() == []
    await shop.pass_time(minutes=1)
    heard += [opened("long", 250), opened("short", 50, until=9), *merges("a_1", "c")]
    async with rebuilt(make_database, shop, heard, Random(1)) as again:
        await compare(shop, again)


@pytest.mark.parametrize("merged_first", [False, True])
async def test_an_order_that_moves_between_two_who_are_one_person_keeps_the_points_that_paid_it(shop, merged_first):
    await shop.deliver(opened("of guest", 150, customer="a_1"), paid("o", 400_000, customer="a_1"))
    made = await pay(shop, points=100, customer="a_1")
    assert (await end(shop, made, "confirm", "a_1")).status_code == 200
    move = event("order.moved", OrderMoved(order_id="o", to="c"), customer="a_1", days=1)
    await shop.pass_time(days=2)
    for told in [merges("a_1", "c"), [move]] if merged_first else [[move], merges("a_1", "c")]:
        await shop.deliver(*told)
    assert (await read(shop, made))["returned"] == 0
    await shop.deliver(refund("o", 100_000, days=2))
    assert (await read(shop, made))["returned"] == 25
    assert await shop.invariant_violations() == []


async def test_an_order_that_was_refunded_before_the_points_were_spent_gives_back_at_once(shop):
    made = await pay(shop, points=100)
    await shop.deliver(paid("o", 400_000), refund("o", 200_000))
    assert (await read(shop, made))["returned"] == 0
    await end(shop, made, "confirm")
    assert (await read(shop, made))["returned"] == 50


async def test_points_that_come_back_after_their_day_are_gone(shop):
    [made] = await paid_with(shop, 50)
    await shop.pass_time(days=12)
    await shop.deliver(paid("o", 400_000, days=12), cancelled("o", version=9, days=12))
    assert (await read(shop, made))["returned"] == 50
    assert (await shop.balance())["available"] == 250


async def test_a_reward_and_a_part_of_the_payment_are_one_redemption(shop):
    """One purse: 100 points for the mug and 100 for the order, and of a refund those of the order come back."""
    answer = await shop.ask("PUT", "/v1/rewards", "programme:write", content=catalogue(reward("mug", stock=1)))
    assert answer.status_code == 201, answer.text
    await shop.deliver(paid("o", 500_000))
    first = await pay(shop, points=200, reward="mug", order_id="dear", total="1000000")
    assert (first.status_code, first.json()["available"]) == (201, 5)
    assert (await pay(shop, points=100, reward="mug")).json()["code"] == "not_eligible"
    assert (await end(shop, first, "cancel")).json()["available"] == 305
    assert (await pay(shop, points=190, amount=None, reward="mug")).status_code == 201
    assert (await pay(shop, points=100)).json()["missing"] == 85

    await shop.pass_time(minutes=20)
    made = await pay(shop, points=100, reward="mug", key="both")
    again = await pay(shop, points=100, reward="mug", key="both")
    assert (again.status_code, again.content) == (201, made.content)
    assert (await pay(shop, points=99, reward="mug", key="both")).json()["code"] == "idempotency_key_reused"
    assert (await reserve(shop, None, key="both", reward="mug")).json()["code"] == "idempotency_key_reused"
    told = made.json()
    assert (told["points"], told["reward"], told["discount"], told["available"]) == (200, "mug", HUNDRED, 105)
    done = (await end(shop, made, "confirm")).json()
    assert done["coupon"]["code"]

    await shop.deliver(refund("o", 125_000))
    assert (await read(shop, made))["returned"] == 25
    await shop.deliver(cancelled("o", version=2))
    assert (await read(shop, made))["returned"] == 100
    assert await shop.invariant_violations() == []


async def test_points_come_back_from_an_order_that_was_never_paid(shop):
    made = await pay(shop, points=100)
    await end(shop, made, "confirm")
    await shop.deliver(order("placed", "o", 500_000))
    assert (await read(shop, made))["returned"] == 0
    await shop.deliver(cancelled("o", version=2))
    assert (await read(shop, made))["returned"] == 100
    assert await shop.invariant_violations() == []
