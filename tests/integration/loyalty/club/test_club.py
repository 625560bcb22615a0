"""What a club page asks of a customer, in one call."""

from datetime import timedelta

import pytest

from builders.merges import merges
from builders.opening import opened
from builders.orders import paid
from builders.rewarded_acts import done, login, review, sign_up
from harness.in_process import NOON
from harness.tokens import token
from loyalty.account import prospect
from loyalty.club import rows
from loyalty.programme import rows as programme_rows

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


async def test_a_process_that_has_not_read_the_programme_reads_it(club):
    """A web process knows no document when it starts, and another process may have stored one since."""
    await club.deliver(paid("o", 30_000_000))
    programme_rows._compiled.cache_clear()

    assert (await asked(club))["tier"]["name"] == "silver"


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


SHELF = """
version: 1
currency: IRR
rewards:
  - {name: ten-off, title: {en: Off, fa: تخفیف}, kind: amount_off, amount: 99, price: 100, limit: {times: 1, days: 9}}
  - {name: tasting, title: {en: A tasting}, kind: invitation, seats: 1, price: 250, tiers: [silver]}
  - {name: cinema, title: {en: A ticket}, kind: partner_coupon, partner: cinema, price: 50}
"""
ACTS = (
    TIERS
    + """
spend: {value: 1000, minimum_points: 20, share: {min: 5, max: 40}}
acts:
  - {name: welcome, on: customer.signed_up, points: 100}
  - {name: gold-visit, on: customer.logged_in, points: 10, tiers: [gold]}
  - {name: visit, on: customer.logged_in, points: 5}
  - {name: review, on: review.submitted, points: 50, cooldown_days: 2}
  - {name: story, on: act.done, act: story, points: 20, limits: [{times: 1, per: jalali_month}]}
  - {name: profile, on: customer.updated, fields: [birthday, shoe_size], points: 40}
  - {name: nowruz, on: act.done, act: egg, points: 5, from: "2027-03-21T00:00:00+03:30"}
  - {name: over, on: act.done, act: over, points: 5, until: "2026-03-21T00:00:00+03:30"}
occasions: [{name: joined, on: membership, points: 50}]
"""
)


@pytest.fixture
async def shelf(loyalty):
    """A club with rewards and acts; one code is in the pool."""
    assert (await loyalty.put_programme(ACTS)).status_code == 201
    loyalty.clock.advance(timedelta(minutes=1))
    put = await loyalty.ask("PUT", "/v1/rewards", "programme:write", content=SHELF.encode())
    assert put.status_code == 201, put.text
    assert (await loyalty.ask("POST", "/v1/coupons/pools/cinema", "programme:write", json=["AB-12"])).status_code == 201
    return loyalty


async def reserve(loyalty, key: str, customer: str = "c", **body):
    headers = {"Idempotency-Key": key}
    answer = await loyalty.ask(
        "POST", f"/v1/customers/{customer}/redemptions", "points:spend", json=body, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_rewards_on_the_page_are_those_of_the_list_whatever_was_taken(shelf):
    await shelf.deliver(paid("o", 40_000_000), paid("p", 30_000_000, customer="d"), *merges("e", "c"))
    for step in range(3):
        for locale in ("en", "fa"):
            body, listed = await asked(shelf, locale=locale), await asked(shelf, "rewards", locale=locale)
            assert body["rewards"] == listed["rewards"]
            assert body["catalogue_version"] == listed["catalogue_version"] == 1
        if step == 0:
            assert [each["eligible"] for each in body["rewards"]] == [True, True, True]
            await reserve(shelf, "1", reward="ten-off")
            await reserve(shelf, "2", customer="d", reward="tasting")
        if step == 1:
            reasons = [[reason["code"] for reason in each["reasons"]] for each in body["rewards"]]
            assert reasons == [["limit_reached"], ["out_of_stock"], []]
            shelf.clock.advance(timedelta(hours=1))
    assert all(each["eligible"] for each in body["rewards"])
    await shelf.deliver(paid("q", 10_000_000, customer="e"))
    assert {**await asked(shelf, customer="e"), "as_of": ""} == {**await asked(shelf), "as_of": ""}


async def test_open_reservations_and_what_a_point_pays_are_on_the_page(shelf):
    await shelf.deliver(paid("o", 40_000_000))
    order = {"order_id": "o-9", "total": "500000", "currency": "IRR"}
    part = await reserve(shelf, "1", points=100, order=order)
    await reserve(shelf, "2", points=7, expires_in=60)
    body = await asked(shelf)

    assert [(each["points"], each["order_id"]) for each in body["redemptions"]] == [(7, None), (100, "o-9")]
    assert body["redemptions"][1]["discount"] == {"amount": "100000", "currency": "IRR"}
    assert body["redemptions"][1]["redemption_id"] == part["redemption_id"]
    assert body["spending"] == {
        "value_per_point": "1000", "currency": "IRR", "minimum_points": 20, "share_min": "5", "share_max": "40",
    }  # fmt: skip
    assert body["balance"]["held"] == 107
    shelf.clock.advance(timedelta(minutes=5))
    assert [each["points"] for each in (await asked(shelf))["redemptions"]] == [100]


@pytest.mark.parametrize("large", [False, True])
async def test_what_acts_would_earn_is_what_they_earn(shelf, monkeypatch, large):
    await shelf.deliver(paid("o", 1_000_000), login("visited"), review("p", name="r"), done("story", "s"))
    if large:
        monkeypatch.setattr(rows, "WALKED_MAX", 1)
    body = await asked(shelf)

    acts = {each["rule"]: (each["eligible"], each["reason"], each["when"]) for each in body["acts"]}
    assert acts == {
        "welcome": (True, None, None),
        "gold-visit": (False, "tier_required", None),
        "visit": (False, "limit_reached", "2026-11-22T20:30:00Z"),
        "review": (False, "cooldown", "2026-11-24T08:30:00Z"),
        "story": (False, "limit_reached", "2026-12-21T20:30:00Z"),
        "profile": (True, None, None),
        "nowruz": (False, "outside_window", "2027-03-20T20:30:00Z"),
    }
    assert [each["missing"] for each in body["acts"] if each["rule"] == "profile"] == [["birthday", "shoe_size"]]
    await shelf.deliver(sign_up(), review("q", name="r2", hours=1), done("story", "s2", hours=1))
    shelf.clock.advance(timedelta(hours=2))
    # Points wait for nothing: 10 of the order, 5, 50 and 20 before, and 100 of the sign-up.
    assert (await shelf.balance())["lifetime"] == 185
    welcome = next(each for each in (await asked(shelf))["acts"] if each["rule"] == "welcome")
    assert (welcome["eligible"], welcome["reason"]) == (False, "paid_before")


async def test_a_page_changes_its_tag_when_the_last_one_of_a_stock_is_taken(shelf):
    await shelf.deliver(paid("o", 30_000_000), paid("p", 30_000_000, customer="d"))
    first = await shelf.get("/v1/customers/c/club")
    await reserve(shelf, "1", customer="d", reward="tasting")
    again = await shelf.ask("GET", "/v1/customers/c/club", headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 200
    assert again.json()["rewards"][1]["left"] == 0


PLAY = """
challenges:
  - name: two-orders
    title: {en: Two orders, fa: دو خرید}
    goal: {orders: 2}
    points: 50
referral: {referrer: {points: 100}, friend: {points: 50}}
"""


async def test_challenges_badges_and_the_code_of_the_customer_are_on_the_page(loyalty, monkeypatch):
    assert (await loyalty.put_programme(TIERS + PLAY)).status_code == 201
    await loyalty.deliver(paid("o", hours=1), paid("p", customer="d"))
    loyalty.clock.advance(timedelta(hours=2))
    assert (await asked(loyalty))["referral"]["code"] is None
    code = (await asked(loyalty, "referral"))["code"]
    body = await asked(loyalty)

    assert code
    assert body["referral"]["code"] == code
    assert body["challenges"] == (await asked(loyalty, "challenges"))["challenges"]
    assert [(each["done"], each["target"]) for each in body["challenges"]] == [("1", "2")]
    assert body["badges"] == (await asked(loyalty, "badges"))["badges"]
    monkeypatch.setattr(rows, "WALKED_MAX", 0)
    assert {**await asked(loyalty), "as_of": ""} == {**body, "as_of": ""}
