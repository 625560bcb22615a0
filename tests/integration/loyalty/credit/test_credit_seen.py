"""Credit where somebody looks at it: club page, statement, projection. Nothing of it where there never was any."""

import re
from typing import Any

from builders.merges import merges
from builders.orders import paid, refund

PROGRAMME = """\
version: 2
currency: IRR
earn:
  rules:
    - {name: back, credit: 10, per: 100}
    - {name: purchase, points: 1, per: 100000}
credit: {step: 1}
hold: {days: 2}
expiry: {days: 60}
spend: {value: 1000}
tiers: {window_days: 365, levels: [{name: friend, spend: 0}]}
"""
FIELDS = ("available", "pending", "held", "debt", "lifetime")


async def read(loyalty: Any, what: str, **query: str) -> dict[str, Any]:
    answer = await loyalty.get(f"/v1/customers/c/{what}", **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def reserve(loyalty: Any, key: str, **body: Any) -> Any:
    path, headers = "/v1/customers/c/redemptions", {"Idempotency-Key": key}
    answer = await loyalty.ask("POST", path, "points:spend", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


async def test_the_club_page_has_credit_as_the_balance_and_what_reservations_hold_of_it(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_000_000))
    await loyalty.pass_time(days=3)
    order = {"order_id": "p", "total": "400000", "currency": "IRR"}
    await reserve(loyalty, "k1", credit="2500")
    await reserve(loyalty, "k2", points=4, credit="1000", order=order)

    club, balance = await read(loyalty, "club"), await loyalty.balance()

    assert club["credits"] == balance["credits"]
    assert (club["credits"][0]["held"], club["credits"][0]["available"]) == ("3500", "96500")
    held = {(each["points"], each["credit"], (each["discount"] or {}).get("amount")) for each in club["redemptions"]}
    assert held == {(0, "2500", None), (4, "1000", "5000")}


async def test_a_statement_has_an_account_for_credit_that_ties_to_its_ledger(loyalty):
    await loyalty.put_programme(PROGRAMME, effective_from="2026-01-01T00:00:00Z")
    await loyalty.deliver(paid("o", 1_000_005, days=-30), paid("p", 500_000, days=-4), refund("p", 100_000, days=-1))
    months = [(await read(loyalty, "statement", month=f"2026-{month}")) for month in ("10", "11")]

    first, second = [account for month in months for account in month["credits"]]
    for account in (first, second):
        moved = {name: sum(float(line["moved"][name]) for line in account["lines"]) for name in FIELDS}
        assert {name: float(account["opening"][name]) + moved[name] for name in FIELDS} == {
            name: float(account["closing"][name]) for name in FIELDS
        }
    [balance] = (await loyalty.balance())["credits"]
    assert (first["closing"], second["opening"]) == (second["opening"], first["closing"])
    assert second["closing"] == {name: balance[name] for name in FIELDS}
    assert second["expiring"] == [balance["next_expiry"]]
    assert [(line["kind"], line["order_id"]) for line in second["lines"]] == [
        ("earn", "p"), ("activate", "p"), ("reverse", "p"),
    ]  # fmt: skip
    assert [line["kind"] for line in months[1]["lines"]] == ["earn", "activate", "reverse"]


async def test_the_page_shows_rials_in_toman_to_the_last_digit(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_234_565))

    english = (await loyalty.get("/v1/customers/c/statement", format="html", lang="en")).text
    persian = (await loyalty.get("/v1/customers/c/statement", format="html", lang="fa")).text

    assert "<h2>Credit (<bdi>Toman</bdi>)</h2>" in english
    assert "+12,345.6" in english  # a tenth of 123,456.5 Toman, in whole Rials
    assert "<h2>اعتبار (<bdi>تومان</bdi>)</h2>" in persian
    assert "+۱۲٬۳۴۵٫۶" in persian
    assert "اعتبار خرید" in persian
    assert [len(re.findall("<table>", page)) for page in (english, persian)] == [2, 2]


async def test_a_projection_tells_credit_by_lot_and_what_a_purchase_would_earn(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_000_000))
    body = await read(loyalty, "projection", **{"if": "purchase:2000000"})

    assert body["credits"][0]["pending"] == "300000"
    assert body["purchase"]["credit"] == {
        "unit": "IRR", "amount": "200000", "usable_at": body["purchase"]["usable_at"],
        "expires_at": body["purchase"]["expires_at"],
    }  # fmt: skip
    of_credit = [change for change in body["changes"] if change["kind"].startswith("credit_")]
    assert [(change["kind"], change["amount"]) for change in of_credit] == [
        ("credit_usable", "300000"), ("credit_expire", "-300000"),
    ]  # fmt: skip
    assert [(lot["order_id"], lot["points"], lot["amount"]) for lot in of_credit[0]["lots"]] == [
        ("o", 0, "100000"), (None, 0, "200000"),
    ]  # fmt: skip
    assert [change["credits"][0]["available"] for change in of_credit] == ["300000", "0"]
    assert of_credit[0]["lots"][1]["lot_id"] is None


async def test_who_never_had_credit_is_told_nothing_of_it(loyalty):
    await loyalty.put_programme(PROGRAMME.replace("    - {name: back, credit: 10, per: 100}\n", ""))
    await loyalty.deliver(paid("o", 1_000_000))

    for what in ("club", "statement", "projection"):
        assert "credits" not in await read(loyalty, what)
    assert "<h2>" not in (await loyalty.get("/v1/customers/c/statement", format="html", lang="en")).text


async def test_the_credit_of_an_alias_is_said_to_be_the_roots(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 1_000_000, customer="a_1"), paid("p", 500_000))

    told = [event for event in await loyalty.deliver(*merges("a_1", "c")) if event.type == "credit.posted"]

    assert {event.customer_id: event.data.merged_into for event in told} == {"a_1": "c", "c": None}
