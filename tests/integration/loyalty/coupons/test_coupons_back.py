"""A used coupon can be used again when its order is cancelled or wholly refunded, if its reward says so."""

from itertools import permutations
from random import Random

import pytest

from builders.erasures import erased
from builders.events import event
from builders.merges import merged, merges
from builders.orders import cancelled, order, paid, refund
from harness.coupons import issued
from harness.loyalty_rebuilding import compare, rebuilt
from loyalty.coupons.rebuild import restore_coupons
from loyalty.domain import account
from mandegar.database import transaction
from mandegar.events.ingest import OrderMoved

BACK = {"amount": "100", "back_on_cancel": True}


async def use(loyalty, code, order_id="o", **body):
    return await loyalty.ask("POST", f"/v1/coupons/{code}/redeem", "points:spend", json={"order_id": order_id, **body})


async def read(loyalty, code):
    return (await loyalty.ask("GET", f"/v1/coupons/{code}", "points:spend")).json()


def told(events):
    of_uses = [one for one in events if one.type in {"coupon.used", "coupon.returned"}]
    return [(one.type, one.data.order_id, one.data.number) for one in of_uses]


@pytest.fixture(params=["walked", "remembered"])
async def shop(request, loyalty, monkeypatch):
    if request.param == "remembered":
        monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
    await loyalty.deliver(paid("o"))
    await loyalty.news()
    return loyalty


UNDONE = {
    "cancelled": [cancelled("o", version=2)],
    "refunded": [refund("o", 10_000_000)],
    "refunded in parts": [refund("o", 4_000_000, "a"), refund("o", 6_000_000, "b")],
    "of a lower total": [order("updated", "o", 4_000_000, version=2), refund("o", 4_000_000)],
}
STANDS = {
    "refunded in part": [refund("o", 9_999_999)],
    "free of charge": [order("updated", "o", 0, version=2)],
    "another order": [paid("p"), cancelled("p", version=2)],
    "another customer's": [event("order.moved", OrderMoved(order_id="o", to="d"))],
    "cancelled, and paid again": [cancelled("o", version=2), paid("o", version=3)],
}


@pytest.mark.parametrize("events", UNDONE.values(), ids=UNDONE)
async def test_it_comes_back_from_an_order_that_is_undone(shop, events):
    code, _ = await issued(shop, **BACK)
    assert (await use(shop, code)).status_code == 200
    await shop.news()

    assert told(await shop.deliver(*events)) == [("coupon.returned", "o", 0)]

    coupon = await read(shop, code)
    assert (coupon["state"], coupon["used_for"], coupon["returned_for"]) == ("valid", None, ["o"])
    assert told(await shop.deliver(*events, cancelled("o", version=9, name="once more"))) == []
    assert (await use(shop, code)).json()["code"] == "coupon_returned"
    assert (await use(shop, code, "p")).json()["state"] == "used"


async def test_it_comes_back_from_an_order_of_which_somebody_had_the_refund_who_turns_out_to_be_the_customer(shop):
    code, _ = await issued(shop, **BACK)
    await use(shop, code)
    await shop.deliver(refund("o", 10_000_000, customer="a_1"))
    assert (await read(shop, code))["state"] == "used"
    await shop.deliver(*merges("a_1", "c"))
    assert (await read(shop, code))["state"] == "valid"


@pytest.mark.parametrize("events", STANDS.values(), ids=STANDS)
async def test_it_stays_used_while_its_order_stands(shop, events):
    code, _ = await issued(shop, **BACK)
    await use(shop, code)
    await shop.news()
    if events[0].type == "order.cancelled":
        events = events[::-1]  # what was paid later is told first

    assert told(await shop.deliver(*events)) == []
    assert (await read(shop, code))["state"] == "used"


async def test_without_a_word_of_its_reward_it_stays_used(shop):
    code, _ = await issued(shop, amount="100")
    await use(shop, code)
    await shop.deliver(cancelled("o", version=2))
    assert (await read(shop, code))["state"] == "used"


async def test_it_comes_back_from_an_order_that_was_never_paid_and_of_somebody_else(shop):
    code, _ = await issued(shop, **BACK)
    await use(shop, code, "gift")
    await shop.deliver(order("placed", "gift", 700, customer="d"))
    assert (await read(shop, code))["state"] == "used"
    await shop.deliver(cancelled("gift", version=2, customer="d"))
    assert (await read(shop, code))["state"] == "valid"


async def test_the_same_order_of_another_shop_gives_nothing_back(shop):
    code, _ = await issued(shop, **BACK)
    await use(shop, code)
    await shop.deliver(cancelled("o", version=2, shop="t", name="of t"))
    assert (await read(shop, code))["state"] == "used"


async def test_what_came_back_expires_when_it_would_have(shop):
    code, _ = await issued(shop, expires_at=paid(days=1).time, **BACK)
    await use(shop, code)
    await shop.pass_time(days=2)
    await shop.deliver(cancelled("o", version=2))
    assert (await read(shop, code))["state"] == "expired"


async def test_a_use_that_comes_back_often_is_told_each_time_and_restored_in_any_order(shop, make_database):
    code, _ = await issued(shop, customer="g", **BACK)
    heard = [
        paid("o"),
        paid("p"),
        cancelled("o", version=2),
        cancelled("p", version=2),
        merged("g", under="g"),
        merged("g"),
    ]
    await shop.deliver(heard[1])
    await use(shop, code)
    await shop.deliver(heard[2])
    await shop.deliver(*heard[4:])
    await use(shop, code, "p")
    await shop.deliver(heard[3])
    await use(shop, code, "q")
    await shop.news()

    kinds = [("used", "o", 0), ("returned", "o", 0), ("used", "p", 1), ("returned", "p", 1), ("used", "q", 2)]
    assert told(shop.published)[-5:] == [(f"coupon.{kind}", *rest) for kind, *rest in kinds]
    assert len({one.id for one in shop.published}) == len(shop.published)
    for seed in range(4):
        async with rebuilt(make_database, shop, heard, Random(seed)) as again:
            await compare(shop, again)


async def test_an_erased_coupon_comes_back_to_nobody(shop):
    code, _ = await issued(shop, customer="d", **BACK)
    await use(shop, code)
    await shop.deliver(erased("d"))
    assert told(await shop.deliver(cancelled("o", version=2))) == []
    assert (await shop.ask("GET", f"/v1/coupons/{code}", "points:spend")).status_code == 404


async def test_uses_and_returns_are_restored_in_any_order(loyalty):
    """Those of an alias and of its root are on two partitions."""
    await loyalty.deliver(paid("o"), paid("p"))
    code, _ = await issued(loyalty, **BACK)
    await use(loyalty, code)
    await loyalty.deliver(cancelled("o", version=2))
    await use(loyalty, code, "p")
    await loyalty.news()
    events = [one for one in loyalty.published if one.type.startswith("coupon.")]
    kept = await loyalty.database.worker.fetchrow("SELECT used_for, used_number, returns FROM coupons")
    for some in permutations(events):
        async with transaction(loyalty.database.worker) as connection:
            await connection.execute("DELETE FROM coupons")
            for one in some:
                await restore_coupons([one], connection, loyalty.clock.now())
            assert await connection.fetchrow("SELECT used_for, used_number, returns FROM coupons") == kept, some
