"""Rewards for points: reserved with their stock, confirmed with a coupon, on the terms of the reservation."""

import asyncio
from itertools import count, permutations
from random import Random

import pytest

from builders.erasures import erased
from builders.merges import merged
from builders.orders import paid
from builders.rewards import catalogue, reward
from harness.in_process import in_process
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty
from harness.spending import end, read
from loyalty.main import SERVICE
from loyalty.rewards.rebuild import restore_takes
from mandegar.database import transaction

POINTS = """\
version: 1
currency: IRR
earn: {points: 1, per: 10000}
tiers:
  window_days: 365
  levels:
    - {name: bronze, spend: 0}
    - {name: silver, spend: 20000000}
"""
_numbers = count()


async def put(loyalty, *rewards):
    answer = await loyalty.ask("PUT", "/v1/rewards", "programme:write", content=catalogue(*rewards))
    assert answer.status_code in {200, 201}, answer.text


async def take(loyalty, name="ten-off", customer="c", key=None, **more):
    headers = {"Idempotency-Key": f"reward-{next(_numbers)}" if key is None else key}
    path = f"/v1/customers/{customer}/redemptions"
    return await loyalty.ask("POST", path, "points:spend", json={"reward": name, **more}, headers=headers)


async def of(loyalty, name="ten-off", customer="c"):
    answer = await loyalty.get(f"/v1/customers/{customer}/rewards")
    return next(one for one in answer.json()["rewards"] if one["reward"] == name)


async def use(loyalty, code, **body):
    return await loyalty.ask("POST", f"/v1/coupons/{code}/redeem", "points:spend", json=body)


@pytest.fixture
async def rich(loyalty):
    """Three customers with a thousand points each."""
    await loyalty.put_programme(POINTS)
    await loyalty.pass_time(minutes=1)
    await loyalty.deliver(*(paid(f"o-{who}", customer=who, days=0.01) for who in "cde"))
    await loyalty.pass_time(hours=1)
    return loyalty


async def test_a_reward_is_reserved_at_its_price_and_its_coupon_issued_when_it_is_confirmed(rich):
    await put(rich, reward(stock=2, valid_days=30, prefix="YALDA", minimum_spend=500_000))
    reserved = await take(rich)
    done = await end(rich, reserved, "confirm")
    again = await end(rich, reserved, "confirm")
    code = done.json()["coupon"]["code"]

    assert (reserved.status_code, reserved.json()["reward"], reserved.json()["available"]) == (201, "ten-off", 900)
    assert reserved.json().get("coupon") is None
    assert done.status_code == 200, done.text
    assert (code[:6], done.json()["coupon"]["expires_at"]) == ("YALDA-", "2026-12-22T20:30:00Z")
    assert again.json()["coupon"] == done.json()["coupon"]
    assert (await read(rich, reserved))["reward"] == "ten-off"
    assert (await use(rich, code, total="499999")).json()["code"] == "minimum_not_reached"
    assert (await use(rich, code, total="500000")).json()["terms"]["amount"] == "100000"
    assert (await of(rich))["left"] == 1
    assert await rich.invariant_violations() == []


async def test_who_cannot_have_a_reward_is_told_all_reasons(rich):
    await put(rich, reward(price=5_000, tiers=["silver"], stock=0))
    refused, unknown = await take(rich), await take(rich, "no-such")

    assert (refused.status_code, refused.json()["code"]) == (409, "not_eligible")
    assert [one["code"] for one in refused.json()["reasons"]] == ["tier_too_low", "out_of_stock", "not_enough_points"]
    assert refused.json()["reasons"][2]["missing"] == 4_000
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_reward")
    assert (await rich.balance())["held"] == 0
    for body in ({"points": 5}, {}):
        answer = await rich.ask(
            "POST", "/v1/customers/c/redemptions", "points:spend",
            json={"reward": "ten-off", **body} if body else {}, headers={"Idempotency-Key": "k"},
        )  # fmt: skip
        assert answer.status_code == 422


async def test_a_reward_without_a_price_takes_no_points(rich):
    await put(rich, reward(price=0, limit={"times": 1}))
    done = await end(rich, await take(rich), "confirm")

    assert (done.status_code, done.json()["available"], done.json()["lots"]) == (200, 1_000, [])
    assert (await use(rich, done.json()["coupon"]["code"])).status_code == 200
    assert [one["code"] for one in (await take(rich)).json()["reasons"]] == ["limit_reached"]
    assert await rich.invariant_violations() == []


async def test_what_is_cancelled_or_left_alone_is_in_stock_again(rich):
    await put(rich, reward(stock=1, limit={"times": 1, "days": 7}))
    first = await take(rich)
    assert [one["code"] for one in (await take(rich, customer="d")).json()["reasons"]] == ["out_of_stock"]
    await end(rich, first, "cancel")
    second = await take(rich, customer="d", expires_in=60)
    assert (second.status_code, (await of(rich, customer="c"))["left"]) == (201, 0)
    await rich.pass_time(seconds=61)
    assert (await of(rich))["left"] == 1
    third = await take(rich)

    assert third.status_code == 201
    assert (await end(rich, second, "confirm", customer="d")).json()["code"] == "redemption_expired"
    assert (await end(rich, third, "confirm")).status_code == 200
    assert (await of(rich))["left"] == 0
    assert [one["code"] for one in (await of(rich))["reasons"]] == ["out_of_stock", "limit_reached"]


async def test_a_reservation_that_another_clock_gave_away_is_not_confirmed(rich):
    await put(rich, reward(stock=1))
    first = await take(rich, expires_in=60)
    await rich.database.worker.execute("UPDATE reward_takes SET state = 'expired'")  # by a process ahead in time

    assert (await end(rich, first, "confirm")).json()["code"] == "redemption_expired"


async def test_what_was_reserved_is_honoured_although_the_reward_is_withdrawn_or_changed(rich):
    await put(rich, reward(price=100), reward("gone", price=50))
    changed, gone = await take(rich), await take(rich, "gone", key="gone")
    await rich.pass_time(seconds=1)
    await put(rich, reward(price=900, amount=1))
    done, also = await end(rich, changed, "confirm"), await end(rich, gone, "confirm")
    again = await take(rich, "gone", key="gone")

    assert (done.json()["points"], also.json()["points"]) == (100, 50)
    coupon = (await rich.ask("GET", f"/v1/coupons/{done.json()['coupon']['code']}", "points:spend")).json()
    assert coupon["terms"]["amount"] == "100000"
    assert again.json()["redemption_id"] == gone.json()["redemption_id"]
    assert (await take(rich, "gone")).json()["code"] == "unknown_reward"
    assert (await take(rich, "ten-off", key="gone")).json()["code"] == "idempotency_key_reused"


async def test_codes_of_a_pool_are_reserved_given_back_and_given(rich):
    await put(rich, reward("cinema", kind="partner_coupon", amount=None, partner="cinema", price=10))
    assert [one["code"] for one in (await of(rich, "cinema"))["reasons"]] == ["out_of_stock"]
    await rich.ask("POST", "/v1/coupons/pools/cinema", "programme:write", json=["ONE-1", "TWO-2"])
    first, second = await take(rich, "cinema"), await take(rich, "cinema", customer="d", expires_in=5)
    assert [one["code"] for one in (await take(rich, "cinema", customer="e")).json()["reasons"]] == ["out_of_stock"]
    await end(rich, first, "cancel")
    third = await take(rich, "cinema", customer="e")
    await rich.pass_time(seconds=6)
    fourth = await take(rich, "cinema")
    codes = [
        (await end(rich, third, "confirm", customer="e")).json()["coupon"]["code"],
        (await end(rich, fourth, "confirm")).json()["coupon"]["code"],
    ]

    assert second.status_code == 201
    assert codes == ["ONE-1", "TWO-2"]
    assert (await use(rich, "one 1")).json()["customer_id"] == "e"


async def test_two_processes_never_sell_more_than_there_is(rich):
    """Both have a group commit of their own on one PostgreSQL, and customers of their own, whom no lock keeps apart."""
    await put(
        rich, reward(stock=7, price=1), reward("pooled", kind="partner_coupon", amount=None, partner="p", price=1)
    )
    await rich.ask("POST", "/v1/coupons/pools/pooled", "programme:write", json=[f"CODE-{n}" for n in range(5)])
    async with in_process(SERVICE, rich.database, rich.clock.now()) as parts:
        other = Loyalty(*parts)
        for name, most in (("ten-off", 7), ("pooled", 5)):
            answers = await asyncio.gather(*(take((rich, other)[n % 2], name, customer="cd"[n % 2]) for n in range(40)))
            sold = [answer for answer in answers if answer.status_code == 201]
            assert len(sold) == most, {answer.status_code for answer in answers}
            assert {answer.json()["code"] for answer in answers if answer.status_code != 201} == {"not_eligible"}
            confirmed = await asyncio.gather(
                *(end((other, rich)[n % 2], one, "confirm", one.json()["customer_id"]) for n, one in enumerate(sold))
            )
            assert len({one.json()["coupon"]["code"] for one in confirmed}) == most
            assert (await of(rich, name))["left"] == 0
    assert await rich.invariant_violations() == []


async def test_a_limit_counts_what_an_alias_took_and_the_erased_take_nothing_back(rich):
    await put(rich, reward(stock=3, limit={"times": 1}))
    for who in "cd":
        await end(rich, await take(rich, customer=who), "confirm", customer=who)
    await rich.deliver(merged("d", "e", version=1))

    assert [one["code"] for one in (await of(rich, customer="e"))["reasons"]] == ["limit_reached"]
    await rich.deliver(erased("c"))
    assert (await of(rich, customer="e"))["left"] == 1
    assert await rich.invariant_violations() == []


async def test_a_rebuild_restores_what_was_taken(loyalty, make_database):
    await loyalty.put_programme(POINTS)
    await loyalty.pass_time(minutes=1)
    heard = [paid(f"o-{who}", customer=who, days=0.01) for who in "cde"]
    await loyalty.deliver(*heard)
    await loyalty.pass_time(hours=1)
    pooled = reward("cinema", kind="partner_coupon", amount=None, partner="p", price=1, stock=2)
    await put(loyalty, reward(stock=3), pooled)
    await loyalty.ask("POST", "/v1/coupons/pools/cinema", "programme:write", json=["ONE-1", "TWO-2", "THREE-3"])
    first, second = await take(loyalty), await take(loyalty, customer="d")
    code = (await end(loyalty, first, "confirm")).json()["coupon"]["code"]
    await end(loyalty, second, "cancel", customer="d")
    third, fourth = await take(loyalty, "cinema", expires_in=7_000), await take(loyalty, "cinema", customer="d")
    await end(loyalty, fourth, "cancel", customer="d")
    await loyalty.pass_time(seconds=1)
    async with rebuilt(make_database, loyalty, heard, Random(11)) as again:
        await compare(loyalty, again)
        assert (await of(again))["left"] == 2
        assert (await use(again, code)).status_code == 200
        assert (await end(again, third, "confirm")).json()["coupon"]["code"] == "ONE-1"
        other = await end(again, await take(again, "cinema", customer="e"), "confirm", customer="e")
        assert other.json()["coupon"]["code"] == "TWO-2"
        assert [one["code"] for one in (await of(again, "cinema"))["reasons"]] == ["out_of_stock"]


@pytest.mark.parametrize("ended", ["cancel", "left alone"])
async def test_a_code_that_was_reserved_again_stays_with_the_later_customer_in_any_order_of_a_rebuild(rich, ended):
    await put(rich, reward("cinema", kind="partner_coupon", amount=None, partner="c", coupon="pool"))
    answer = await rich.ask("POST", "/v1/coupons/pools/cinema", "programme:write", json=["CINEMA-1"])
    assert answer.json()["free"] == 1
    first = await take(rich, "cinema", "c", expires_in=60)
    if ended == "cancel":
        await end(rich, first, "cancel", "c")
    await rich.pass_time(minutes=2)
    second = await take(rich, "cinema", "d", expires_in=86_400)
    assert second.status_code == 201, second.text
    await rich.news()
    events = [event for event in rich.published if event.type == "redemption.changed"]
    for some in [*permutations(events), [events]]:
        async with transaction(rich.database.worker) as connection:
            await connection.execute("DELETE FROM reward_takes")
            await connection.execute("UPDATE coupons SET redemption_id = NULL, customer_id = NULL")
            for one in some:
                await restore_takes(one if isinstance(one, list) else [one], connection, rich.clock.now())
            [row] = await connection.fetch("SELECT customer_id, redemption_id FROM coupons")
        assert (row["customer_id"], str(row["redemption_id"])) == ("d", second.json()["redemption_id"]), some
    assert (await end(rich, second, "confirm", "d")).json()["coupon"]["code"] == "CINEMA-1"
