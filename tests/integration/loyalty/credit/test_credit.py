"""Credit in money from the programme to the ledger, and through whatever else happens to an account."""

from datetime import date, timedelta
from itertools import permutations
from random import Random
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from msgspec import structs

from builders.customers import profile
from builders.erasures import erased
from builders.merges import merges
from builders.orders import cancelled, paid, refund
from harness.loyalty_rebuilding import compare, rebuilt
from mandegar.events import Event

PROGRAMME = """\
version: 2
currency: IRR
earn:
  rules:
    - {name: back, credit: 10, per: 100}
    - {name: purchase, points: 1, per: 100000}
    - {name: hello, credit: 50000, when: {first_order: true}}
credit: {step: 1000}
hold: {days: 2}
expiry: {days: 60}
tiers: {window_days: 365, levels: [{name: friend, spend: 0}]}
examples:
  - name: a tenth comes back, in whole thousands
    when: [{at: 2026-11-22, paid: o, total: 105500}]
    then: {points: 1, credit: 60000, rules: {purchase: 1}}
"""
NO_CREDIT = PROGRAMME.replace("    - {name: back, credit: 10, per: 100}\n", "").split("examples")[0]


def told(events: list[Event]) -> list[tuple[str, Any, Any]]:
    """Each entry that ``events`` tell of: its unit, its kind and how much."""
    return [
        (event.type.partition(".")[0], entry.kind, str(entry.amount) if event.type == "credit.posted" else entry.points)
        for event in events
        if event.type in {"points.posted", "credit.posted"}
        for entry in event.data.entries
    ]


async def credit(loyalty: Any, customer: str = "c") -> dict[str, Any]:
    [answer] = (await loyalty.balance(customer))["credits"]
    return {name: answer[name] for name in ("available", "pending", "held", "debt", "lifetime")}


async def test_an_order_earns_points_and_credit_each_in_a_lot_of_its_own(loyalty):
    answer = await loyalty.put_programme(PROGRAMME)
    assert answer.status_code == 201, answer.text

    posted = await loyalty.deliver(paid("o", 1_234_567))

    assert told(posted) == [("credit", "earn", "173000"), ("points", "earn", 12)]
    assert [event.data.version for event in posted if event.type.endswith("posted")] == [1, 2]
    usable = await loyalty.pass_time(days=3)
    assert told(usable) == [("credit", "activate", "173000"), ("points", "activate", 12)]
    balance = await loyalty.balance()
    assert (balance["available"], balance["lifetime"]) == (12, 12)
    assert balance["credits"][0]["unit"] == "IRR"
    assert balance["credits"][0]["next_expiry"]["amount"] == "173000"
    assert await credit(loyalty) == {
        "available": "173000", "pending": "0", "held": "0", "debt": "0", "lifetime": "173000",
    }  # fmt: skip
    ledger = (await loyalty.get("/v1/customers/c/ledger")).json()
    lots = ledger["lots"]
    assert {(lot["order_id"], lot["unit"], lot["points"], (lot["credit"] or {}).get("amount")) for lot in lots} == {
        ("o", "points", 12, None), ("o", "IRR", 0, "173000"),
    }  # fmt: skip
    assert {(entry["kind"], entry["unit"], entry["points"], entry["amount"]) for entry in ledger["entries"]} == {
        ("earn", "points", 12, None), ("activate", "points", 12, None),
        ("earn", "IRR", 0, "173000"), ("activate", "IRR", 0, "173000"),
    }  # fmt: skip
    assert await loyalty.invariant_violations() == []


async def test_refunds_take_credit_back_in_proportion_and_what_was_never_there_is_owed_in_its_unit(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_000_000))
    await loyalty.pass_time(days=3)

    posted = await loyalty.deliver(refund("o", 250_000, days=3))

    assert told(posted) == [("credit", "reverse", "-25000"), ("points", "reverse", -3)]
    assert (await credit(loyalty))["available"] == "125000"
    await loyalty.deliver(cancelled("o", version=2, days=3))
    assert (await credit(loyalty)) == dict.fromkeys(("available", "pending", "held", "debt", "lifetime"), "0")


async def test_credit_expires_by_itself(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_000_000))

    assert ("credit", "expire", "-150000") in told(await loyalty.pass_time(days=70))
    assert (await credit(loyalty))["available"] == "0"


async def test_any_order_of_arrival_gives_one_state(loyalty):
    heard = [
        paid("o", 1_000_000),
        refund("o", 100_000, "r1", days=1),
        refund("o", 200_000, "r2", days=1),
        paid("p", 700_000, days=1),
    ]
    await loyalty.put_programme(PROGRAMME)
    for number, some in enumerate(permutations(heard)):
        for one in some:
            await loyalty.deliver(_of(one, f"c{number}"))
    await loyalty.pass_time(days=4)

    states = {
        (tuple((await credit(loyalty, f"c{number}")).items()), (await loyalty.balance(f"c{number}"))["available"])
        for number in range(24)
    }

    assert len(states) == 1
    assert await loyalty.invariant_violations() == []


def _of(event: Event, customer: str) -> Event:
    return structs.replace(event, customer_id=customer, id=uuid5(NAMESPACE_OID, f"{event.id}{customer}"))


async def test_a_merge_gives_the_credit_to_the_root_and_a_rebuild_has_the_same(loyalty, make_database):
    heard = [
        paid("o", 1_000_000, customer="a_1"), paid("p", 500_000, customer="c"), *merges("a_1", "c"),
        refund("o", 300_000, customer="c", days=1), paid("late", 400_000, customer="a_1", days=1),
    ]  # fmt: skip
    await loyalty.put_programme(PROGRAMME)
    for one in heard:
        await loyalty.deliver(one)
    await loyalty.pass_time(days=3)

    assert (await credit(loyalty))["available"] == "210000"  # 70 + 50 + 40 thousand, and 50 for the first order
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        await compare(loyalty, again)


async def test_an_erased_customer_has_no_credit_and_the_books_of_the_shop_have_less(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_000_000), paid("p", 1_000_000, customer="d"))

    owed = (await loyalty.get("/v1/books/liability", scope="books:read")).json()["credit"]
    assert owed == {"available": "0", "pending": "300000", "held": "0", "debt": "0", "liability": "300000"}
    await loyalty.deliver(erased("d"))

    owed = (await loyalty.get("/v1/books/liability", scope="books:read")).json()["credit"]
    assert owed["liability"] == "150000"
    assert await loyalty.invariant_violations() == []


async def test_a_shop_without_credit_is_answered_as_ever(loyalty):
    await loyalty.put_programme(
        NO_CREDIT.replace("    - {name: hello, credit: 50000, when: {first_order: true}}\n", "")
    )
    posted = await loyalty.deliver(paid("o", 1_000_000))

    assert told(posted) == [("points", "earn", 10)]
    assert "credits" not in await loyalty.balance()
    assert await loyalty.database.worker.fetchval("SELECT credit FROM customers WHERE customer_id = 'c'") is None
    liability = (await loyalty.get("/v1/books/liability", scope="books:read")).json()
    assert liability["credit"] is None


async def test_what_cannot_be_meant_is_refused_by_line(loyalty):
    for mistake, message in (
        (PROGRAMME.replace("credit: {step: 1000}\n", ""), "the section credit is missing"),
        (PROGRAMME.replace("credit: 10, per: 100", "credit: 101, per: 100"), "the credit is more than the purchase"),
        (PROGRAMME.replace("credit: 50000", "credit: 50500"), "must be a whole number of steps of 1000"),
        (PROGRAMME.replace("credit: 10, per: 100", "credit: 10, points: 3, per: 100"), "either points or credit"),
        (PROGRAMME.replace("step: 1000", "step: 0.0005"), "step"),
        (PROGRAMME.replace("step: 1000", "step: -1"), "step"),
    ):
        answer = await loyalty.put_programme(mistake)
        assert answer.status_code == 422, mistake
        assert message in str(answer.json()["errors"]), answer.json()


async def test_credit_pays_beside_points_and_comes_back_in_the_proportion_of_a_refund(loyalty, make_database):
    spends = PROGRAMME.replace("credit: {step: 1000}", "credit: {step: 1000}\nspend: {value: 1000}")
    await loyalty.put_programme(spends)
    heard = [paid("o", 1_000_000)]
    await loyalty.deliver(heard[0])
    await loyalty.pass_time(days=3)
    order = {"order_id": "p", "total": "400000", "currency": "IRR"}

    too_much = await reserve(loyalty, "k1", credit="150001")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "not_enough_credit")
    assert (too_much.json()["missing"], too_much.json()["available"]) == ("1", "150000")
    for body in ({}, {"credit": "0"}, {"credit": "-1"}, {"credit": "0.0001"}, {"credit": 5}, {"credit": "NaN"}):
        assert (await reserve(loyalty, "k2", **body)).status_code == 422, body
    small = {**order, "total": "1000"}
    assert (await reserve(loyalty, "k3", credit="5000", order=small)).json()["code"] == "credit_too_large"
    other = {**order, "currency": "EUR"}
    assert (await reserve(loyalty, "k4", credit="5000", order=other)).json()["code"] == "other_currency"

    made = await reserve(loyalty, "k5", credit="100001", points=4, order=order)
    assert made.status_code == 201, made.text
    assert made.json()["discount"] == {"amount": "104001", "currency": "IRR", "points": 4, "credit": "100001"}
    assert (made.json()["available"], made.json()["credit_available"]) == (6, "49999")
    assert (await reserve(loyalty, "k5", credit="100001", points=4, order=order)).json() == made.json()
    assert (await credit(loyalty))["held"] == "100001"
    path = f"/v1/customers/c/redemptions/{made.json()['redemption_id']}"
    assert (await loyalty.ask("POST", f"{path}/confirm", "points:spend")).status_code == 200
    heard += [paid("p", 400_000, days=3), refund("p", 100_000, days=3)]
    for one in heard[1:]:
        await loyalty.deliver(one)

    told_of = (await loyalty.get(path)).json()
    assert (told_of["returned"], told_of["credit"]["returned"]) == (1, "25001")
    assert (await credit(loyalty))["available"] == "75000"
    heard.append(refund("p", 60_000, refund_id="second", days=3))
    await loyalty.deliver(heard[-1])
    told_of = (await loyalty.get(path)).json()
    assert (told_of["returned"], told_of["credit"]["returned"]) == (2, "40001")
    assert (await credit(loyalty))["available"] == "90000"
    rest = await loyalty.ask("POST", f"{path}/return", "points:spend", json={"reference": "all"})
    assert (rest.json()["returned"], rest.json()["credit"]["returned"]) == (4, "100001")
    again = await loyalty.ask("POST", f"{path}/return", "points:spend", json={"reference": "b", "credit": "1"})
    assert again.json()["code"] == "more_than_spent"
    await loyalty.news()
    assert await loyalty.invariant_violations() == []
    async with rebuilt(make_database, loyalty, heard, Random(2)) as same:
        await compare(loyalty, same)


async def test_a_reservation_of_credit_ends_by_itself_and_spent_credit_that_is_refunded_is_owed(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_000_000))
    await loyalty.pass_time(days=3)
    await reserve(loyalty, "k1", credit="150000", expires_in=60)
    assert (await credit(loyalty))["available"] == "0"
    await loyalty.pass_time(minutes=2)
    assert (await credit(loyalty))["available"] == "150000"

    made = await reserve(loyalty, "k2", credit="150000")
    path = f"/v1/customers/c/redemptions/{made.json()['redemption_id']}/confirm"
    assert (await loyalty.ask("POST", path, "points:spend")).status_code == 200
    await loyalty.deliver(cancelled("o", version=2, days=3))
    balance = await loyalty.balance()

    assert (balance["debt"], balance["credits"][0]["debt"]) == (0, "150000")
    assert (await reserve(loyalty, "k3", credit="1")).json()["code"] == "credit_owed"
    await loyalty.deliver(paid("p", 3_000_000, days=3))
    await loyalty.pass_time(days=4)
    assert (await credit(loyalty))["available"] == "200000"  # 10 % and 50,000 for the first order, less what was owed
    assert await loyalty.invariant_violations() == []


async def reserve(loyalty: Any, key: str, customer: str = "c", **body: Any) -> Any:
    return await loyalty.ask(
        "POST",
        f"/v1/customers/{customer}/redemptions",
        "points:spend",
        json=body,
        headers={"Idempotency-Key": key},
    )


@pytest.mark.parametrize(
    ("rule", "multipliers", "earned"),
    [
        ("{name: back, credit: 10, per: 100}", "[{name: day, times: 2, when: {birthday: {days_before: 3}}}]", "200000"),
        ("{name: back, credit: 10, per: 100, when: {birthday: {days_before: 3}}}", "[]", "100000"),
    ],
)
async def test_credit_asks_for_birthdays_as_points_do(loyalty, rule, multipliers, earned):
    text = NO_CREDIT.replace("  rules:\n", f"  rules:\n    - {rule}\n").replace(
        "first_order: true", "min_spend: 900000000"
    )
    text = text.replace("credit: {step: 1000}", f"credit: {{step: 1000, multipliers: {multipliers}}}")
    answer = await loyalty.put_programme(text)
    assert answer.status_code == 201, answer.text
    await loyalty.deliver(profile(1, birthday=date(1990, 11, 24), hours=1))
    loyalty.clock.advance(timedelta(hours=3))

    posted = await loyalty.deliver(paid("o", 1_000_000, hours=2))
    assert told(posted) == [("credit", "earn", earned), ("points", "earn", 10)]
