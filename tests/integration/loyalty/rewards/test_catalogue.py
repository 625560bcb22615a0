"""Storing the catalogue of rewards, and what a customer can have of it."""

from random import Random

from builders.orders import paid
from builders.rewards import catalogue, reward
from harness.in_process import SHOP
from harness.loyalty_rebuilding import rebuilt
from loyalty.account import purse

HOLD = """\
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 14}
tiers:
  window_days: 365
  levels:
    - {name: bronze, spend: 0}
    - {name: silver, spend: 20000000}
"""


async def put(loyalty, *rewards, **query):
    return await loyalty.ask("PUT", "/v1/rewards", "programme:write", content=catalogue(*rewards), params=query)


async def rewards_of(loyalty, customer="c", **query):
    answer = await loyalty.get(f"/v1/customers/{customer}/rewards", **query)
    assert answer.status_code == 200, answer.text
    return {one["reward"]: one for one in answer.json()["rewards"]}


async def test_a_catalogue_is_stored_shown_and_replaced(loyalty):
    before = (await loyalty.get("/v1/rewards", scope="programme:write")).json()
    stored = await put(loyalty, reward(), reward("free", price=0))
    again = await put(loyalty, reward(), reward("free", price=0))
    later = await put(loyalty, effective_from="2027-01-01T00:00:00Z")
    shown = (await loyalty.get("/v1/rewards", scope="programme:write")).json()

    assert (before["in_force"]["version"], before["coming"]) == (0, [])
    assert (stored.status_code, again.status_code, later.status_code) == (201, 200, 201)
    assert [one["line"] for one in stored.json()["warnings"]] == [5]
    assert (shown["in_force"]["version"], [one["version"] for one in shown["coming"]]) == (1, [2])
    gone = await loyalty.ask("DELETE", "/v1/rewards/versions/2", "programme:write")
    ruling = await loyalty.ask("DELETE", "/v1/rewards/versions/1", "programme:write")
    assert (gone.status_code, ruling.status_code, ruling.json()["code"]) == (204, 409, "in_force")


async def test_a_wrong_catalogue_is_refused_with_its_errors_by_line(loyalty):
    answer = await put(loyalty, reward(price=-1), reward("b", amount=None))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_catalogue")
    assert [error["line"] for error in answer.json()["errors"]] == [4, 5]
    assert (await put(loyalty, effective_from="2020-01-01T00:00:00Z")).json()["code"] == "too_late"


async def test_a_customer_is_told_what_speaks_against_each_reward_and_until_when(loyalty):
    await loyalty.put_programme(HOLD)
    await loyalty.pass_time(minutes=1)
    await loyalty.deliver(paid("o", days=0.01))
    await put(
        loyalty,
        reward("cheap", price=0, limit={"times": 1}),
        reward("dear", price=100, title={"en": "Dear", "fa": "گران"}),
        reward("gold", price=0, tiers=["silver"]),
        reward("soon", price=0, window={"from": "2026-12-21"}),
    )
    await loyalty.pass_time(hours=1)
    found = await rewards_of(loyalty)

    assert found["cheap"]["eligible"]
    assert found["dear"]["reasons"] == [
        {"code": "not_enough_points", "required": 100, "available": 0, "missing": 100, "when": "2026-12-06T08:44:24Z"}
    ]
    assert found["dear"]["title"] == "گران"
    assert (await rewards_of(loyalty, locale="en"))["dear"]["title"] == "Dear"
    assert found["gold"]["reasons"][0]["required"] == "silver"
    assert found["soon"]["reasons"][0] == {
        "code": "not_yet", "required": None, "available": None, "missing": None, "when": "2026-12-20T20:30:00Z"
    }  # fmt: skip
    await loyalty.pass_time(days=14)
    assert (await rewards_of(loyalty))["dear"]["eligible"]


async def test_a_customers_own_token_reads_its_own_rewards_alone(loyalty):
    await loyalty.deliver(paid("o"), paid("p", customer="d"))
    own = await loyalty.ask("GET", "/v1/customers/c/rewards", subject="c")
    other = await loyalty.ask("GET", "/v1/customers/d/rewards", subject="c")
    unchanged = await loyalty.ask(
        "GET", "/v1/customers/c/rewards", subject="c", headers={"If-None-Match": own.headers["etag"]}
    )

    assert (own.status_code, other.status_code, unchanged.status_code) == (200, 404, 304)
    assert (await loyalty.ask("PUT", "/v1/rewards", "programme:write", subject="c")).status_code == 403
    assert (await loyalty.get("/v1/customers/nobody/rewards")).status_code == 404


async def test_a_rebuild_restores_the_catalogue(loyalty, make_database):
    await put(loyalty, reward())
    await put(loyalty, effective_from="2027-01-01T00:00:00Z")
    await loyalty.ask("DELETE", "/v1/rewards/versions/2", "programme:write")
    await loyalty.news()
    async with rebuilt(make_database, loyalty, [], Random(7)) as again:
        rows = "SELECT version, effective_from, document, withdrawn_at IS NULL FROM reward_catalogues ORDER BY version"
        lived = await loyalty.database.worker.fetch(rows)
        assert lived == await again.database.worker.fetch(rows)
        assert len(lived) == 2
        assert SHOP in {row["shop"] for row in await again.database.worker.fetch("SELECT shop FROM reward_catalogues")}


async def test_a_customer_of_very_many_orders_is_told_by_the_stored_balance(loyalty, monkeypatch):
    monkeypatch.setattr(purse, "WALKED_MAX", 1)
    await loyalty.put_programme(HOLD.replace("days: 14", "days: 0"))
    await loyalty.deliver(paid("o", days=0.01), paid("p", days=0.01))
    await loyalty.pass_time(hours=1)
    await put(loyalty, reward("cheap", price=200), reward("dear", price=201))
    found = await rewards_of(loyalty)

    assert found["cheap"]["eligible"]
    assert [reason["missing"] for reason in found["dear"]["reasons"]] == [1]
