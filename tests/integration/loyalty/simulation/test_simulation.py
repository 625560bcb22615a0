"""What an order would give is what it gives once it is paid."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from builders.events import NOON
from builders.merges import merges
from builders.opening import granted
from builders.orders import paid, refund
from harness.loyalty_service import Loyalty
from loyalty.simulation import simulate as simulate_module
from mandegar.events import Event

TIERS = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 3}
expiry: {days: 30, warn_days: 5}
tiers:
  window_days: 365
  levels:
    - {name: bronze, spend: 0}
    - {name: gold, spend: 15000000, multiplier: 2}
"""
PURSES: dict[str, list[Event]] = {
    "one order": [paid("o1", days=-50)],
    "gold": [paid("o1", 20_000_000, days=-10), paid("o2", days=-5)],
    "owing": [paid("o1", 20_000_000, days=-40), refund("o1", 20_000_000, days=-1)],
    "granted": [paid("o1", days=-50), granted("gold", until=20, days=-2)],
    "many orders": [paid(f"o{number}", 3_000_000, days=-60 + number) for number in range(12)],
}


@pytest.fixture(autouse=True)
async def programme(loyalty):
    assert (await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")).status_code == 201


async def simulate(loyalty: Loyalty, total: str = "6000000", **body: Any) -> Any:
    request = {"order": {"total": total}} | body
    answer = await loyalty.ask("POST", "/v1/programme/simulate", "programme:write", json=request)
    assert answer.status_code == 200, answer.text
    return answer.json()


def posted(news: list[Event], order_id: str) -> list[tuple[Any, ...]]:
    return [
        (entry.kind, entry.points, entry.effective_at, None if entry.order_id == order_id else entry.order_id)
        for one in news
        if one.type == "points.posted"
        for entry in one.data.entries
    ]


def effects(answer: Any) -> list[tuple[Any, ...]]:
    return [
        (each["kind"], each["points"], datetime.fromisoformat(each["at"]), each["order_id"])
        for each in answer["effects"]
    ]


@pytest.mark.parametrize("purse", PURSES)
@pytest.mark.parametrize("days", [0, -7, 0.5])
async def test_an_order_gives_what_was_simulated(loyalty, purse, days):
    await loyalty.deliver(*PURSES[purse])
    if days > 0:
        await loyalty.pass_time(days=days)
    at = NOON + timedelta(days=days)
    before = await loyalty.database.worker.fetch("SELECT * FROM orders, customers ORDER BY 1, 2, 3")
    answer = await simulate(loyalty, customer_id="c", at=at.isoformat())
    assert await loyalty.database.worker.fetch("SELECT * FROM orders, customers ORDER BY 1, 2, 3") == before
    assert await loyalty.news() == []

    news = await loyalty.deliver(paid("done", 6_000_000, days=days))
    assert sorted(effects(answer), key=str) == sorted(posted(news, "done"), key=str)
    balance = await loyalty.balance()
    assert {name: balance[name] for name in answer["balance_after"]} == answer["balance_after"]
    assert balance["tier"] == answer["tier_after"]


async def test_the_answer_tells_when_points_are_usable_and_until_when(loyalty):
    await loyalty.deliver(paid("o1"))
    answer = await simulate(loyalty, customer_id="c")

    assert (answer["points"], answer["programme_version"], answer["why_none"]) == (60, 1, None)
    assert (answer["usable_at"], answer["expires_at"]) == ("2026-11-25T08:30:00Z", "2026-12-25T20:30:00Z")
    assert (answer["earning_tier"], answer["tier_before"], answer["tier_after"]) == ("bronze", "bronze", "gold")
    assert (answer["balance_before"]["pending"], answer["balance_after"]["pending"]) == (100, 160)


async def test_nobody_in_particular_buys_as_a_customer_without_orders(loyalty):
    answer = await simulate(loyalty, "20000000")

    assert (answer["customer_id"], answer["points"], answer["tier_after"]) == (None, 200, "gold")
    assert (await loyalty.get("/v1/customers/%1Fnobody/balance")).status_code == 404


async def test_a_document_that_is_not_stored_holds_from_the_payment_on(loyalty):
    await loyalty.deliver(*PURSES["gold"])
    richer = TIERS.replace("points: 1", "points: 5").replace("hold: {days: 3}", "")
    answer = await simulate(loyalty, customer_id="c", document=richer)

    assert (answer["points"], answer["programme_version"], answer["usable_at"]) == (600, None, "2026-11-22T08:30:00Z")
    assert answer["balance_before"]["lifetime"] == 200 + 200  # as it was earned under the rules of the shop
    programme = (await loyalty.get("/v1/programme", scope="programme:write")).json()
    assert programme["in_force"]["version"] == 1


async def test_it_says_why_an_order_gives_nothing(loyalty):
    assert (await simulate(loyalty, "99999"))["why_none"]["code"] == "too_small"
    none = TIERS.replace("{points: 1, per", "{points: 0, per")
    assert (await simulate(loyalty, document=none))["why_none"]["code"] == "earns_nothing"


async def test_an_alias_is_simulated_as_its_root(loyalty):
    await loyalty.deliver(paid("o1", customer="g_1"), *merges("g_1", "c"))
    answer = await simulate(loyalty, customer_id="g_1")

    assert (answer["customer_id"], answer["balance_before"]["pending"]) == ("c", 100)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"order": {"total": "-1"}}, 422, "invalid"),
        ({"order": {"total": "1e9"}}, 422, "invalid"),
        ({"order": {"total": "1", "currency": "EUR"}}, 422, "wrong_currency"),
        ({"order": {"total": "1"}, "customer_id": "unheard-of"}, 404, "unknown_customer"),
        ({"order": {"total": "1"}, "customer_id": "null"}, 404, "unknown_customer"),
        ({"order": {"total": "1"}, "document": "version: 1"}, 422, "invalid_programme"),
        ({"order": {"total": "1"}, "document": TIERS.replace("IRR", "EUR")}, 422, "invalid_programme"),
        ({"order": {"total": "1"}, "at": "1900-01-01T00:00:00Z"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_simulated_is_refused(loyalty, body, status, code):
    answer = await loyalty.ask("POST", "/v1/programme/simulate", "programme:write", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_an_account_that_is_too_large_to_walk_is_refused_under_other_rules_alone(loyalty, monkeypatch):
    monkeypatch.setattr(simulate_module, "ORDERS_MAX", 5)
    await loyalty.deliver(*PURSES["many orders"])
    body = {"order": {"total": "1"}, "customer_id": "c"}

    answer = await loyalty.ask("POST", "/v1/programme/simulate", "programme:write", json={**body, "document": TIERS})
    assert (answer.status_code, answer.json()["code"]) == (409, "account_too_large")
    assert (await simulate(loyalty, customer_id="c"))["points"] == 120


async def test_rules_of_version_2_name_the_points_they_give(loyalty):
    rules = """
version: 2
currency: IRR
earn:
  rules:
    - {name: purchase, points: 1, per: 100000}
    - {name: tea, points: 2, per: 100000, when: {categories: ["چای سیاه"]}}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
"""
    items = [{"product_id": "p-1", "unit_price": "400000", "category": "چای سیاه"}]
    answer = await simulate(loyalty, order={"total": "1000000", "items": items}, document=rules)

    assert (answer["points"], answer["rules"]) == (18, {"purchase": 10, "tea": 8})
