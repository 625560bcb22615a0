"""What pays a part of an order comes back whatever its id looks like, and no topic has what people wrote."""

import asyncio
from random import Random

import pytest

from builders.events import SHOP
from builders.opening import opened
from builders.orders import cancelled, paid, refund
from builders.shops import shop_updated
from harness.coupons import issued
from harness.loyalty_rebuilding import rebuilt
from harness.spending import end, give_back, read, reserve
from loyalty.redemptions.rename import name_one
from mandegar.events.codec import encode_value
from mandegar.events.identity import IdForm, published_order_id
from mandegar.events.written import plain_id

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
spend: {value: 1000}
"""
PLANTED = "سارا 09121234567"
IDS = ["o-1", "5423567890123", "#1001", "1404/00012", "INV 12", "سفارش ۱۲", "\u200f o-9\u00a0", "INV\u00a013", PLANTED]
FORMS = ["pseudonyms", "as_sent"]


@pytest.fixture(params=FORMS)
async def form(request, loyalty) -> IdForm:
    await loyalty.deliver(shop_updated(2, customer_ids=request.param), opened("l", 3_000))
    assert (await loyalty.put_programme(PROGRAMME, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    return request.param


def published(loyalty, order_id: str, form: IdForm) -> str:
    """The id as the doors publish it."""
    return published_order_id(order_id, form, shop=SHOP, key=loyalty.context.identity_key)


async def pay(loyalty, order_id: str, **more):
    order = {"order_id": order_id, "total": "500000", "currency": "IRR"}
    return await reserve(loyalty, 100, order=order, **more)


async def test_points_come_back_of_an_order_with_any_id(loyalty, form):
    for number, order_id in enumerate(IDS):
        made = await pay(loyalty, order_id, reference=PLANTED)
        assert (made.status_code, made.json()["order_id"], made.json()["reference"]) == (201, order_id, PLANTED)
        assert (await end(loyalty, made, "confirm")).status_code == 200
        name, nth = published(loyalty, order_id, form), str(number)
        await loyalty.deliver(paid(name, 400_000, name=f"p{nth}"), refund(name, 200_000, f"r{nth}"))
        assert (await read(loyalty, made))["returned"] == 50, order_id
        assert (await read(loyalty, made))["order_id"] == order_id
        await loyalty.deliver(cancelled(name, name=f"c{nth}", version=2))
        assert (await read(loyalty, made))["returned"] == 100, order_id


@pytest.mark.parametrize("form", ["pseudonyms"], indirect=True)
async def test_no_topic_has_what_people_wrote(loyalty, form, make_database):
    made = await pay(loyalty, PLANTED, reference=PLANTED, key="k")
    heard = [opened("l", 3_000)]
    await end(loyalty, made, "confirm")
    answer = (await give_back(loyalty, made, PLANTED, 7)).json()
    assert answer["returned"] == 7
    plain = await reserve(loyalty, 5, order_id=PLANTED, reference=PLANTED)
    await end(loyalty, plain, "cancel")
    coupon, _ = await issued(loyalty, amount="100")
    use = {"order_id": PLANTED}
    answer = await loyalty.ask("POST", f"/v1/coupons/{coupon}/redeem", "points:spend", json=use)
    assert answer.status_code == 200, answer.text
    await loyalty.news()
    told = [encode_value(event) for event in loyalty.published if event.type != "programme.changed"]
    assert told
    assert not [value for value in told if "سارا" in value.decode() or "9121234567" in value.decode()]
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        # The same return again, after the database was made again.
        assert (await give_back(again, made, PLANTED, 7)).json()["returned"] == 7


async def test_a_note_is_never_in_the_clear_on_a_topic(loyalty):
    await loyalty.deliver(shop_updated(2, customer_ids="as_sent"), opened("l", 3_000))
    made = await reserve(loyalty, 5, reference=PLANTED)
    await end(loyalty, made, "confirm")
    await give_back(loyalty, made, PLANTED)
    await loyalty.news()
    assert not [event for event in loyalty.published if "9121234567" in encode_value(event).decode()]


async def test_what_an_earlier_release_stored_and_told_comes_back_too(loyalty, form):
    """It is as if the earlier release had been this one: the order was refunded before and after."""
    at_once, later = "5423567890123", " #\u00a01001"
    made = [await pay(loyalty, "early-one"), await pay(loyalty, "early-two")]
    for each in made:
        await end(loyalty, each, "confirm")
    raw = dict(zip(["early-one", "early-two"], [at_once, later], strict=True))
    for before, typed in raw.items():
        for table in ("redemptions", "orders"):
            set_ = f"UPDATE {table} SET order_id = $2 WHERE order_id = $1"
            await loyalty.database.worker.execute(set_, before, typed)
    await loyalty.deliver(refund(published(loyalty, at_once, form), 100_000, "r1"))
    await loyalty.deliver(paid(published(loyalty, at_once, form), 400_000))
    if published(loyalty, at_once, form) != at_once:
        assert (await read(loyalty, made[0]))["returned"] == 0
    while any(await asyncio.gather(name_one(loyalty.context), name_one(loyalty.context))):  # in two processes
        pass
    assert (await read(loyalty, made[0]))["returned"] == 25
    await loyalty.deliver(paid(published(loyalty, later, form), 400_000), refund(plain_id("r"), 1))
    await loyalty.deliver(refund(published(loyalty, later, form), 400_000, "r2"))
    assert [(await read(loyalty, each))["returned"] for each in made] == [25, 100]
    assert [(await read(loyalty, each))["order_id"] for each in made] == [at_once, later]


async def test_a_coupon_comes_back_of_an_order_with_any_id(loyalty, form):
    for number, order_id in enumerate(["5423567890123", "INV\u00a013", "سفارش ۱۲"]):
        code, _ = await issued(loyalty, amount="100", back_on_cancel=True)
        path, name = f"/v1/coupons/{code}", published(loyalty, order_id, form)
        used = await loyalty.ask("POST", f"{path}/redeem", "points:spend", json={"order_id": order_id})
        assert (used.status_code, used.json()["used_for"]) == (200, name)
        await loyalty.deliver(paid(name, name=f"p{number}"), cancelled(name, name=f"c{number}", version=2))
        assert (await loyalty.ask("GET", path, "points:spend")).json()["state"] == "valid", order_id


@pytest.mark.parametrize("order_id", ["\u00a0\u200f", "a\u2028b", "null", " N/A ", "\u06f0"])
async def test_an_order_that_no_event_can_name_is_refused(loyalty, order_id):
    await loyalty.deliver(opened("l", 300))
    assert (await pay(loyalty, order_id)).status_code == 422
