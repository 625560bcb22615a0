"""Credit where it meets what was built for points."""

from random import Random
from typing import Any

import pytest

from builders.erasures import erased, readmitted
from builders.merges import merges
from builders.orders import cancelled, paid, refund
from harness.loyalty_rebuilding import compare, rebuilt

ALONE = """\
version: 2
currency: IRR
earn:
  rules:
    - {name: back, credit: 10, per: 100}
credit: {step: 1000}
hold: {days: 2}
expiry: {days: 60}
tiers: {window_days: 365, levels: [{name: friend, spend: 0}]}
"""
BOTH = ALONE.replace("credit: {step", "    - {name: purchase, points: 1, per: 100000}\ncredit: {step")


async def credit(loyalty: Any, customer: str = "c") -> dict[str, Any]:
    [answer] = (await loyalty.balance(customer))["credits"]
    return {name: answer[name] for name in ("available", "pending", "held", "debt", "lifetime")}


async def reserve(loyalty: Any, key: str, customer: str = "c", **body: Any) -> Any:
    return await loyalty.ask(
        "POST", f"/v1/customers/{customer}/redemptions", "points:spend", json=body, headers={"Idempotency-Key": key}
    )


async def spend(loyalty: Any, key: str, customer: str = "c", **body: Any) -> str:
    made = await reserve(loyalty, key, customer, **body)
    assert made.status_code == 201, made.text
    path = f"/v1/customers/{customer}/redemptions/{made.json()['redemption_id']}"
    assert (await loyalty.ask("POST", f"{path}/confirm", "points:spend")).status_code == 200
    return path


async def test_a_version_under_which_credit_was_earned_is_in_use(loyalty):
    assert (await loyalty.put_programme(ALONE)).status_code == 201
    await loyalty.pass_time(hours=1)
    await loyalty.deliver(paid("o", 1_000_000, days=0.01))
    await loyalty.pass_time(days=3)
    assert (await credit(loyalty))["available"] == "100000"

    answer = await loyalty.ask("DELETE", "/v1/programme/versions/1", "programme:write")

    assert answer.status_code == 409, answer.text


async def test_a_period_in_which_all_credit_was_taken_back_tells_it(loyalty):
    await loyalty.put_programme(ALONE)
    await loyalty.deliver(paid("o", 1_000_000))
    await loyalty.pass_time(days=1)
    await loyalty.deliver(cancelled("o", version=2, days=1))

    answer = await loyalty.get("/v1/books/periods?from=2026-01-01&to=2026-12-31", scope="books:read")

    [period] = [each for each in answer.json()["periods"] if each["period"] == "2026-11"]
    assert period["credit"] is not None
    assert (period["credit"]["issued"], period["credit"]["reversed"]) == ("100000", "100000")


async def test_credit_of_an_alias_tells_under_which_id_it_was_earned(loyalty, make_database):
    await loyalty.put_programme(BOTH)
    heard = [
        paid("o", 1_000_000, customer="a_1"), paid("p", 1_000_000, customer="c"), *merges("a_1", "c"),
        paid("q", 1_000_000, customer="a_1"),
    ]  # fmt: skip
    for one in heard:
        await loyalty.deliver(one)

    rows = await loyalty.database.worker.fetch(
        "SELECT order_id, kind, earned_as FROM entries WHERE customer_id = 'c' ORDER BY version"
    )
    told = {(row["order_id"].removeprefix("credit\x1f"), row["kind"]): row["earned_as"] for row in rows}
    for order, alias in (("o", "a_1"), ("p", None), ("q", "a_1")):
        assert (told[order, "credit.earn"], told[order, "earn"]) == (alias, alias), order
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        await compare(loyalty, again)


async def test_both_of_a_merge_have_spent_credit_and_an_order_is_refunded_in_either_order(loyalty, make_database):
    await loyalty.put_programme(BOTH)
    heard = [paid("o", 1_000_000, customer="a_1"), paid("p", 1_000_000, customer="c")]
    await loyalty.deliver(*heard)
    await loyalty.pass_time(days=3)
    order = {"total": "100000", "currency": "IRR"}
    await spend(loyalty, "k1", "a_1", credit="90000", order={**order, "order_id": "x"})
    await spend(loyalty, "k2", "c", credit="80000", order={**order, "order_id": "y"})
    await loyalty.news()
    await loyalty.pass_time(days=1)
    more = [
        *merges("a_1", "c", days=3.1),
        refund("x", 50_000, customer="c", days=3.2),
        paid("x", 100_000, customer="a_1", days=3.1),
        paid("y", 100_000, customer="c", days=3.1),
        cancelled("o", version=2, customer="a_1", days=3.3),
        refund("p", 1_000_000, customer="c", days=3.4),
        cancelled("y", version=2, customer="c", days=3.5),
        paid("z", 400_000, customer="c", days=3.5),
    ]
    for one in more:
        await loyalty.deliver(one)
        assert await loyalty.invariant_violations() == [], one
    await loyalty.pass_time(days=4)
    heard += more
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, heard, Random(3)) as again:
        await compare(loyalty, again)


@pytest.mark.parametrize("unit", ["points", "credit"])
@pytest.mark.parametrize("late", [0, 0.5])
async def test_what_the_erased_redeemed_is_owed_by_nobody_after_a_rebuild(loyalty, make_database, late, unit):
    """Also if loyalty hears of the erasure behind the redemption: what was taken of orders that are gone is nothing."""
    await loyalty.put_programme(BOTH)
    heard = [paid("o", 1_000_000)]
    await loyalty.deliver(*heard)
    await loyalty.pass_time(days=3)
    await spend(loyalty, "k1", **({"points": 4} if unit == "points" else {"credit": "40000"}))
    await loyalty.news()
    await loyalty.pass_time(days=late)
    more = [erased(days=3 + late), readmitted(days=3 + late), paid("p", 500_000, days=3 + late)]
    for one in more:
        await loyalty.deliver(one)
    await loyalty.pass_time(days=4)
    before = await loyalty.balance()
    async with rebuilt(make_database, loyalty, [*heard, *more], Random(3)) as again:
        await again.pass_time()
        after = await again.balance()
        assert (after["available"], after["debt"], after["credits"]) == (before["available"], 0, before["credits"])


async def test_versions_come_and_go_while_credit_is_out(loyalty, make_database):
    heard = [paid(f"o{n}", 123_456 + 1000 * n, days=n / 10) for n in range(7)]
    await loyalty.put_programme(BOTH)
    for one in heard[:3]:
        await loyalty.deliver(one)
    await loyalty.pass_time(days=0.35)
    await loyalty.put_programme(BOTH.replace("step: 1000", "step: 7"))
    for one in heard[3:5]:
        await loyalty.deliver(one)
    await loyalty.pass_time(days=3)
    path = await spend(loyalty, "k", credit="36014")
    await loyalty.put_programme(
        BOTH.replace("credit: {step: 1000}\n", "").replace("    - {name: back, credit: 10, per: 100}\n", "")
    )
    await loyalty.pass_time(days=1)
    late = [
        paid("late", 1_000_000, days=0.05),
        cancelled("o3", version=2, days=4.3),
        refund("o1", 60_000, days=4.3),
        paid("now", 1_000_000, days=4.35),
    ]
    for one in [*heard[5:], *late]:
        await loyalty.deliver(one)
        assert await loyalty.invariant_violations() == [], one
    answer = await loyalty.ask("POST", f"{path}/return", "points:spend", json={"reference": "r", "credit": "36000"})
    assert answer.status_code == 200, answer.text
    again_answer = await loyalty.ask(
        "POST", f"{path}/return", "points:spend", json={"reference": "r", "credit": "36000"}
    )
    assert again_answer.json()["credit"] == answer.json()["credit"]
    other = await loyalty.ask("POST", f"{path}/return", "points:spend", json={"reference": "r", "points": 1})
    assert other.json()["code"] == "already_returned", other.text
    rest = await loyalty.ask("POST", f"{path}/return", "points:spend", json={"reference": "r2"})
    assert rest.json()["credit"]["returned"] == "36014"
    await loyalty.news()
    heard += late
    await loyalty.pass_time(days=70)
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, heard, Random(3)) as again:
        await compare(loyalty, again)
