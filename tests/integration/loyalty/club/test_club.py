"""What a club page asks of a customer, in one call."""

from datetime import timedelta

import pytest

from builders.merges import merges
from builders.opening import opened
from builders.orders import paid
from harness.in_process import NOON
from harness.tokens import token
from loyalty.account import prospect
from loyalty.club import rows

TIERS = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
expiry: {days: 200}
tiers:
  window_days: 30
  levels:
    - {name: bronze, spend: 0}
    - name: silver
      spend: 20000000
      entitlements: [{name: free_shipping}, {name: early_access, days: 1}]
    - name: gold
      spend: 90000000
      multiplier: 1.5
      entitlements:
        - {name: early_access, days: 3, title: {fa: "سه روز زودتر"}}
        - {name: tea, title: {en: Tea, fa: چای}}
"""


@pytest.fixture
async def club(loyalty):
    assert (await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    return loyalty


async def asked(loyalty, path: str = "club", customer: str = "c", **query: str):
    answer = await loyalty.get(f"/v1/customers/{customer}/{path}", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_call_has_balance_tier_progress_expiries_and_entitlements(club):
    await club.deliver(paid("o", 30_000_000), paid("p", 5_000_000, days=-2))
    body = await asked(club)
    balance = await club.balance()

    assert body["balance"] == {name: balance[name] for name in body["balance"]}
    assert body["tier"] == {
        "name": "silver",
        "until": "2026-12-22T08:30:00Z",
        "spend": "35000000",
        "measure": "spend",
        "reached": "35000000",
        "next": {"name": "gold", "missing": "55000000"},
        "keep": {"until": "2026-12-22T08:30:00Z", "falls_to": "bronze", "missing": "20000000"},
    }
    assert [expiring["points"] for expiring in body["expiring"]] == [50, 300]
    assert [(each["name"], each["days"]) for each in body["entitlements"]] == [
        ("free_shipping", None), ("early_access", 1)]  # fmt: skip
    assert (body["version"], body["as_of"]) == (balance["version"], balance["as_of"])


async def test_a_tier_has_the_entitlements_of_those_below_and_its_multiplier(club):
    await club.deliver(paid("o", 90_000_000))
    body = await asked(club, "entitlements")

    assert (body["tier"], body["tier_until"]) == ("gold", "2026-12-22T08:30:00Z")
    assert {each["name"]: (each["days"], each["value"]) for each in body["entitlements"]} == {
        "free_shipping": (None, None), "early_access": (3, None), "tea": (None, None), "multiplier": (None, "1.5")
    }  # fmt: skip
    assert body["entitlements"][1]["titles"] == {"en": "Early access", "fa": "سه روز زودتر"}
    assert (await asked(club))["tier"]["next"] is None


async def test_what_is_due_and_not_yet_settled_is_in_it(club):
    await club.deliver(paid("o", 90_000_000))
    club.clock.advance(timedelta(days=31))
    before = await asked(club)
    await club.pass_time()

    assert before["tier"]["name"] == "bronze"
    assert {**before, "version": 0} == {**await asked(club), "version": 0}


@pytest.mark.parametrize("remembered", [False, True])
async def test_a_large_account_has_the_same_but_how_to_keep_its_tier(club, monkeypatch, remembered):
    await club.deliver(*(paid(f"o{number}", 5_000_000, days=-number) for number in range(9)))
    walked = await asked(club)
    monkeypatch.setattr(rows, "WALKED_MAX", 5)
    monkeypatch.setattr(prospect, "WALKED_MAX", 5 if remembered else 100)
    large = await asked(club)

    if remembered:
        assert (large["tier"].pop("keep"), walked["tier"].pop("keep") is None) == (None, False)
        assert large.pop("expiring") == walked.pop("expiring")[:1]
    assert large == walked


async def test_the_same_answer_is_not_sent_twice(club):
    await club.deliver(paid("o"))
    first = await club.get("/v1/customers/c/club")
    club.clock.advance(timedelta(seconds=5))
    again = await club.ask("GET", "/v1/customers/c/club", headers={"If-None-Match": first.headers["etag"]})
    await club.deliver(paid("p"))
    changed = await club.ask("GET", "/v1/customers/c/club", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, changed.status_code) == (304, 200)


@pytest.mark.parametrize("path", ["club", "entitlements"])
async def test_a_browser_reads_its_own_and_an_alias_is_the_root(club, path):
    await club.deliver(paid("o"), paid("p", customer="d"), paid("q", customer="e"))
    headers = {"Authorization": f"Bearer {token('s', 'customers:read', subject='c')}"}
    await club.deliver(*merges("d", "c"))

    assert (await club.client.get(f"/v1/customers/c/{path}", headers=headers)).status_code == 200
    assert (await club.client.get(f"/v1/customers/e/{path}", headers=headers)).status_code == 404
    assert (await club.get(f"/v1/customers/nobody/{path}")).status_code == 404
    assert await asked(club, path, "d") == await asked(club, path, "c")


async def test_a_programme_without_entitlements_has_none_and_who_only_brought_points_has_a_page(loyalty):
    await loyalty.deliver(opened("lot", 40, backfill=False, days=-1))
    body = await asked(loyalty)

    assert (body["entitlements"], body["balance"]["available"], body["tier"]["spend"]) == ([], 40, "0")


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ("[{name: tea}]", "title"),
        ("[{name: Tea}]", "name"),
        ("[{name: free_shipping}, {name: free_shipping}]", "name"),
        ("[{name: early_access, days: 0}]", "days"),
    ],
)
async def test_an_entitlement_that_says_nothing_is_refused(loyalty, section, where):
    document = TIERS.replace("[{name: free_shipping}, {name: early_access, days: 1}]", section)
    answer = await loyalty.put_programme(document, effective_from=NOON.isoformat())

    assert answer.status_code == 422
    assert where in answer.text
