"""Credit that staff gives or takes: a refund as store credit, through whatever happens to an account afterwards."""

import asyncio
from random import Random
from typing import Any

import pytest

from builders.erasures import erased
from builders.merges import merges
from builders.orders import cancelled, paid, refund
from builders.rewards import catalogue, reward
from harness.loyalty_rebuilding import compare, rebuilt
from loyalty.account import post

ANNA, BEHZAD = "staff-anna", "staff-behzad"
POINTS_ALONE = """\
version: 2
currency: IRR
earn: {points: 1, per: 100000}
expiry: {days: 60}
tiers: {window_days: 365, levels: [{name: friend, spend: 0}]}
"""
BOTH = """\
version: 2
currency: IRR
earn:
  rules:
    - {name: back, credit: 10, per: 100}
    - {name: purchase, points: 1, per: 100000}
credit: {step: 1}
hold: {days: 2}
expiry: {days: 60}
tiers: {window_days: 365, levels: [{name: friend, spend: 0}]}
"""


async def adjust(loyalty: Any, credit: str, *, key: str = "k", customer: str = "c", by: str = ANNA, **more: Any) -> Any:
    body = {"credit": credit, "reason": "refund", "note": "shoes came back", **more}
    return await loyalty.ask(
        "POST", f"/v1/customers/{customer}/adjustments", "points:adjust",
        subject=by, json=body, headers={"Idempotency-Key": key},
    )  # fmt: skip


async def credit(loyalty: Any, customer: str = "c") -> dict[str, Any]:
    [answer] = (await loyalty.balance(customer))["credits"]
    return {name: answer[name] for name in ("available", "pending", "held", "debt", "lifetime")}


async def reserve(loyalty: Any, key: str, customer: str = "c", **body: Any) -> Any:
    path = f"/v1/customers/{customer}/redemptions"
    return await loyalty.ask("POST", path, "points:spend", json=body, headers={"Idempotency-Key": key})


async def test_a_refund_is_given_as_credit_once_and_spent_in_a_shop_whose_orders_earn_none(loyalty, make_database):
    assert (await loyalty.put_programme(POINTS_ALONE)).status_code == 201
    heard = [paid("o", 1_000_000)]
    await loyalty.deliver(*heard)
    made = await adjust(loyalty, "250001")
    again = await adjust(loyalty, "250001")
    other = await adjust(loyalty, "250002")

    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in ("state", "points", "credit", "last_day", "credit_available")} == {
        "state": "applied", "points": 0, "credit": "250001", "last_day": None, "credit_available": "250001",
    }  # fmt: skip
    assert (again.json(), other.json()["code"]) == (made.json(), "idempotency_key_reused")
    balance = await loyalty.balance()
    assert (balance["available"], balance["lifetime"]) == (10, 10)
    assert balance["credits"][0] == {
        "unit": "IRR", "available": "250001", "pending": "0", "held": "0", "debt": "0", "lifetime": "250001",
        "next_expiry": None,
    }  # fmt: skip
    posted = [event for event in await loyalty.news() if event.type == "credit.posted"]
    assert [(entry.kind, str(entry.amount), str(entry.adjustment_id)) for entry in posted[0].data.entries] == [
        ("adjust", "250001", made.json()["adjustment_id"])
    ]
    ledger = (await loyalty.get("/v1/customers/c/ledger")).json()
    [lot] = [lot for lot in ledger["lots"] if lot["unit"] == "IRR"]
    assert (lot["adjustment_id"], lot["order_id"], lot["expires_at"]) == (made.json()["adjustment_id"], None, None)
    month = (await loyalty.get("/v1/books/periods?from=2026-11-01&to=2026-11-30", scope="books:read")).json()
    assert (month["periods"][0]["adjusted"], month["periods"][0]["credit"]["adjusted"]) == (0, "250001")
    await loyalty.pass_time(minutes=1)
    page = (await loyalty.get("/v1/customers/c/statement", format="html", lang="en")).text
    assert "Given by the shop" in page
    assert "+25,000.1" in page

    spent = await reserve(loyalty, "r", credit="250000")
    path = f"/v1/customers/c/redemptions/{spent.json()['redemption_id']}/confirm"
    assert (await loyalty.ask("POST", path, "points:spend")).status_code == 200
    await loyalty.pass_time(days=80)
    assert (await credit(loyalty))["available"] == "1"
    await loyalty.news()
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, heard, Random(1)) as same:
        await compare(loyalty, same)
        listed = await same.get("/v1/adjustments", scope="points:adjust")
        assert [each["credit"] for each in listed.json()["adjustments"]] == ["250001"]


async def test_credit_is_taken_in_its_unit_and_never_below_zero_unless_it_may_be_owed(loyalty, make_database):
    await loyalty.put_programme(BOTH)
    heard = [paid("o", 1_000_000)]
    await loyalty.deliver(*heard)
    await loyalty.pass_time(days=3)
    refused = await adjust(loyalty, "-100001", key="1")
    assert (refused.status_code, refused.json()["code"], refused.json()["missing"]) == (
        409, "not_enough_credit", "1",
    )  # fmt: skip
    assert (await adjust(loyalty, "-60000", key="2")).json()["credit_available"] == "40000"
    assert (await adjust(loyalty, "-70000", key="3", allow_debt=True)).status_code == 201
    balance = await loyalty.balance()
    assert (balance["available"], balance["debt"], balance["credits"][0]["debt"]) == (10, 0, "30000")
    assert (await adjust(loyalty, "50000", key="4", expires_in_days=10)).json()["credit_available"] == "20000"

    late = [refund("o", 500_000, days=3), paid("p", 100_000, days=3)]
    for one in late:
        await loyalty.deliver(one)
        assert await loyalty.invariant_violations() == []
    assert await credit(loyalty) == {
        "available": "0", "pending": "10000", "held": "0", "debt": "30000", "lifetime": "110000",
    }  # fmt: skip
    await loyalty.pass_time(days=30)
    assert (await credit(loyalty))["debt"] == "20000"
    await loyalty.news()
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, [*heard, *late], Random(2)) as same:
        await compare(loyalty, same)


async def test_above_its_limit_credit_waits_for_a_second_person_and_always_where_only_points_have_one(loyalty):
    await loyalty.put_programme(POINTS_ALONE + "adjustments: {second_person_above: 5}\n")
    await loyalty.deliver(paid("o", 1_000_000))
    waits = await adjust(loyalty, "1", key="1")
    assert (waits.status_code, waits.json()["state"]) == (202, "waiting")
    assert "credits" not in await loyalty.balance()
    path = f"/v1/adjustments/{waits.json()['adjustment_id']}/approve"
    assert (await loyalty.ask("POST", path, "points:adjust", subject=ANNA)).json()["code"] == "own_adjustment"
    approved = await loyalty.ask("POST", path, "points:adjust", subject=BEHZAD)
    assert (approved.status_code, approved.json()["credit_available"]) == (200, "1")

    await loyalty.pass_time(minutes=1)
    limits = "adjustments: {second_person_above: 5, second_person_above_credit: 100000}\n"
    assert (await loyalty.put_programme(POINTS_ALONE + limits)).status_code == 201
    await loyalty.pass_time(minutes=1)
    assert (await adjust(loyalty, "100000", key="2")).status_code == 201
    assert (await adjust(loyalty, "-100000", key="3")).status_code == 201
    assert (await adjust(loyalty, "100001", key="4")).status_code == 202


async def test_it_follows_a_merge_and_goes_with_an_erasure(loyalty, make_database):
    await loyalty.put_programme(BOTH)
    heard = [paid("o", 1_000_000, customer="a_1"), paid("p", 500_000)]
    await loyalty.deliver(*heard)
    await adjust(loyalty, "30000", key="1", customer="a_1")
    await adjust(loyalty, "20000", key="2")
    await loyalty.pass_time(days=1)
    await loyalty.news()
    more = [*merges("a_1", "c", days=1), cancelled("o", version=2, customer="a_1", days=1)]
    for one in more:
        await loyalty.deliver(one)
    assert await credit(loyalty) == {
        "available": "50000", "pending": "50000", "held": "0", "debt": "0", "lifetime": "100000",
    }  # fmt: skip
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, [*heard, *more], Random(3)) as same:
        await compare(loyalty, same)
    await loyalty.deliver(erased("c", days=1))
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM adjustments") == 0
    owed = (await loyalty.get("/v1/books/liability", scope="books:read")).json()["credit"]
    assert owed is None or owed["liability"] == "0"
    assert await loyalty.invariant_violations() == []


@pytest.mark.parametrize("orders", [250])
async def test_a_customer_with_many_orders_gets_credit_and_gives_points(loyalty, orders):
    """An account that is remembered is walked from the moment on at which it has credit."""
    await loyalty.put_programme(POINTS_ALONE.replace("expiry: {days: 60}\n", ""))
    await loyalty.deliver(*(paid(f"o{n}", 100_000, days=n / 1000) for n in range(orders)))
    await loyalty.pass_time(days=1)
    body = {"points": -7, "reason": "mistake", "note": "counted twice"}
    headers = {"Idempotency-Key": "p"}
    taken = await loyalty.ask(
        "POST", "/v1/customers/c/adjustments", "points:adjust", subject=ANNA, json=body, headers=headers
    )
    assert (taken.status_code, taken.json()["available"]) == (201, orders - 7), taken.text
    assert (await adjust(loyalty, "1000")).json()["credit_available"] == "1000"
    assert (await adjust(loyalty, "-400", key="k2")).json()["credit_available"] == "600"
    await loyalty.deliver(paid("later", 100_000, days=0.99))
    balance = await loyalty.balance()
    assert (balance["available"], balance["credits"][0]["available"]) == (orders - 6, "600")
    assert (await loyalty.get("/v1/customers/c/club")).json()["credits"] == balance["credits"]
    assert await loyalty.invariant_violations() == []


async def test_an_approval_that_is_decided_again_because_the_account_is_long_moves_the_credit(loyalty, monkeypatch):
    """What is remembered of an account is no more enough when it gets credit, and a walk of so many orders is refused
    in that step: the command is decided once more, from the beginning.
    """
    monkeypatch.setattr(post, "WALKED_MAX", 200)
    limits = "adjustments: {second_person_above: 5}\n"
    await loyalty.put_programme(POINTS_ALONE.replace("expiry: {days: 60}\n", "") + limits)
    await loyalty.deliver(*(paid(f"o{n}", 100_000, days=-n / 1000) for n in range(250)))
    waits = await adjust(loyalty, "1000")
    await loyalty.deliver(paid("later", 100_000))
    path = f"/v1/adjustments/{waits.json()['adjustment_id']}/approve"

    approved = await loyalty.ask("POST", path, "points:adjust", subject=BEHZAD)

    assert (approved.status_code, approved.json()["credit_available"]) == (200, "1000"), approved.text
    assert (await credit(loyalty))["available"] == "1000"
    assert await loyalty.invariant_violations() == []


async def test_the_last_of_a_reward_is_taken_once_though_one_of_two_is_decided_again(loyalty, monkeypatch):
    monkeypatch.setattr(post, "WALKED_MAX", 200)
    await loyalty.put_programme(POINTS_ALONE.replace("expiry: {days: 60}\n", ""))
    await loyalty.ask("PUT", "/v1/rewards", "programme:write", content=catalogue(reward("mug", price=1, stock=1)))
    await loyalty.deliver(*(paid(f"o{n}", 100_000, days=-n / 1000) for n in range(250)))
    await loyalty.deliver(paid("d", 1_000_000, customer="d"))
    assert (await adjust(loyalty, "1000")).status_code == 201
    await loyalty.deliver(paid("later", 100_000))

    answers = await asyncio.gather(reserve(loyalty, "1", reward="mug"), reserve(loyalty, "2", "d", reward="mug"))

    assert sorted(answer.status_code for answer in answers) == [201, 409], [answer.text for answer in answers]
    assert await loyalty.invariant_violations() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 5}, {"credit": "0"}, {"credit": 5}, {"credit": "NaN"}, {"credit": "1e5"}, {"credit": "0.0001"},
        {"credit": "1000000000000.001"}, {"credit": "-1", "expires_in_days": 3}, {"allow_debt": True}, {"credit": None},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(loyalty, wrong):
    await loyalty.deliver(paid("o", 1_000_000))

    answer = await adjust(loyalty, **{"credit": "1", **wrong})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "credits" not in await loyalty.balance()
