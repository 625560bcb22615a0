"""What a front end asks about the future of an account."""

from datetime import datetime, timedelta

import pytest

from builders.merges import merges
from builders.opening import granted, opened
from builders.orders import paid, refund
from harness.in_process import NOON
from harness.tokens import token
from loyalty.account import ahead_rows, prospect, remembered_rows
from loyalty.account.prospect import load_prospect
from mandegar.events import CustomerKey
from mandegar.quantities import DAY_US, to_us

TIERS = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 3}
expiry: {days: 20, warn_days: 5}
tiers:
  window_days: 30
  levels:
    - {name: bronze, spend: 0}
    - {name: silver, spend: 20000000, multiplier: 1.5}
"""


@pytest.fixture
async def club(loyalty):
    assert (await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    return loyalty


async def asked(loyalty, customer: str = "c", **query: str):
    answer = await loyalty.get(f"/v1/customers/{customer}/projection", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(body) -> list[tuple[str, str, object]]:
    return [(change["at"], change["kind"], change["points"]) for change in body["changes"]]


async def test_the_list_has_all_that_is_due_by_itself_with_the_balance_after_it(club):
    await club.deliver(paid("o", 30_000_000))
    body = await asked(club)

    assert told(body) == [
        ("2026-11-25T08:30:00Z", "points_usable", 300),
        ("2026-12-10T20:30:00Z", "expiry_warning", 300),
        ("2026-12-15T20:30:00Z", "points_expire", -300),
        ("2026-12-22T08:30:00Z", "tier_changes", None),
    ]
    assert [change["balance"]["available"] for change in body["changes"]] == [300, 300, 0, 0]
    assert (body["changes"][-1]["previous_tier"], body["changes"][-1]["tier"]) == ("silver", "bronze")
    assert body["changes"][0]["lots"][0]["order_id"] == "o"
    assert (body["balance"]["pending"], body["tier"], body["purchase"], body["truncated"]) == (
        300,
        "silver",
        None,
        False,
    )
    assert datetime.fromisoformat(body["until"]) == NOON + timedelta(days=400)


async def test_the_list_ends_at_until_and_says_that_more_is_due(club):
    await club.deliver(paid("o", 30_000_000))
    body = await asked(club, until="2026-12-10T20:30:00Z")

    assert [kind for _, kind, _ in told(body)] == ["points_usable", "expiry_warning"]
    assert (body["until"], body["truncated"]) == ("2026-12-10T20:30:00Z", True)


async def test_a_version_that_begins_and_a_granted_tier_that_ends_are_on_the_list(club):
    await club.put_programme(TIERS.replace("per: 100000", "per: 50000"), effective_from="2026-12-01T00:00:00Z")
    await club.deliver(granted("silver", until=10, days=-1, backfill=False), paid("o"))
    body = await asked(club)

    assert {
        ("2026-12-01T00:00:00Z", "programme_begins", 2, None),
        ("2026-12-02T08:30:00Z", "granted_tier_ends", None, "silver"),
    } <= {
        (change["at"], change["kind"], change["programme_version"], change["previous_tier"])
        for change in body["changes"]
    }


async def test_no_more_than_a_hundred_changes_are_listed_and_those_of_one_instant_stay_together(club, monkeypatch):
    await club.deliver(*(paid(f"o{number}", days=-number / 24, name=f"p{number}") for number in range(60)))
    monkeypatch.setattr("loyalty.projection.routes.CHANGES_MAX", 20)
    body = await asked(club)

    assert 0 < len(body["changes"]) <= 20
    assert body["truncated"]
    assert datetime.fromisoformat(body["until"]) >= datetime.fromisoformat(body["changes"][-1]["at"])


@pytest.mark.parametrize("walked_max", [100, 0])
@pytest.mark.parametrize("orders", [1, 8])
async def test_a_purchase_that_is_supposed_changes_what_it_then_changes(club, monkeypatch, walked_max, orders):
    monkeypatch.setattr(prospect, "WALKED_MAX", walked_max)
    await club.deliver(
        *(paid(f"o{number}", 2_400_000, days=-number) for number in range(orders)), refund("o0", 1_000_000, hours=-1)
    )
    untouched = await asked(club)
    supposed = await asked(club, **{"if": "purchase:17600000"})
    assert await asked(club) == untouched

    await club.deliver(paid("bought", 17_600_000))
    after = await asked(club)

    assert told(supposed) == told(after)
    assert supposed["balance"] == after["balance"]
    assert [change["balance"] for change in supposed["changes"]] == [change["balance"] for change in after["changes"]]
    assert supposed["purchase"]["points"] == 176
    assert supposed["purchase"]["usable_at"] == "2026-11-25T08:30:00Z"
    assert (supposed["purchase"]["previous_tier"], supposed["purchase"]["tier"]) == (untouched["tier"], after["tier"])
    assert not any(change["changed"] for change in untouched["changes"])
    assert any(change["changed"] for change in supposed["changes"])


async def test_what_happens_only_without_the_purchase_is_named(club):
    """The purchase holds the tier that would have been lost."""
    await club.deliver(paid("o", 20_000_000, days=-29))
    body = await asked(club, **{"if": "purchase:20000000"})

    assert [(change["kind"], change["at"]) for change in body["purchase"]["no_longer"]] == [
        ("tier_changes", "2026-11-23T08:30:00Z")
    ]


@pytest.mark.parametrize(
    "condition",
    ["", "purchase", "purchase:", "purchase:-1", "purchase:0", "purchase:1e5", "purchase:۲۵", "purchase:1,000",
     "purchase:1000000000000000000", "refund:5", "purchase:1:2", "PURCHASE:5", "purchase:NaN"],
)  # fmt: skip
async def test_a_condition_that_supposes_nothing_is_refused(club, condition):
    await club.deliver(paid("o"))
    answer = await club.get("/v1/customers/c/projection", **{"if": condition})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_condition")


@pytest.mark.parametrize(
    "until", ["2026-11-22T08:30:00Z", "2020-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
async def test_an_end_that_is_not_to_come_is_refused(club, until):
    await club.deliver(paid("o"))
    answer = await club.get("/v1/customers/c/projection", until=until)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_until")


async def test_an_end_far_away_is_no_further_than_400_days(club):
    await club.deliver(paid("o"))

    assert (await asked(club, until="9999-12-31T23:59:59Z"))["until"] == (await asked(club))["until"]


async def test_who_is_not_known_has_no_future_and_an_alias_that_of_the_root(club):
    await club.deliver(paid("o"), paid("p", customer="d"))
    await club.deliver(*merges("d", "c"))

    assert (await club.get("/v1/customers/nobody/projection")).json()["code"] == "unknown_customer"
    assert await asked(club, "d") == await asked(club, "c")


async def test_a_browser_reads_its_own_future_only(club):
    await club.deliver(paid("o"), paid("p", customer="d"))
    headers = {"Authorization": f"Bearer {token('s', 'customers:read', subject='c')}"}

    assert (await club.client.get("/v1/customers/c/projection", headers=headers)).status_code == 200
    assert (await club.client.get("/v1/customers/d/projection", headers=headers)).status_code == 404


async def test_what_was_brought_along_is_named_by_its_own_id(club):
    await club.deliver(opened("their lot", 40, until=5, backfill=False, days=-1))
    [expiry] = [change for change in (await asked(club))["changes"] if change["kind"] == "points_expire"]

    assert (expiry["lots"][0]["opening_id"], expiry["lots"][0]["order_id"]) == ("their lot", None)


async def test_an_account_with_more_orders_than_are_read_is_projected_as_far_as_they_reach(club, monkeypatch):
    monkeypatch.setattr(prospect, "WALKED_MAX", 0)
    monkeypatch.setattr(ahead_rows, "ORDERS_MAX", 8)
    await club.deliver(*(paid(f"o{number}", days=-number) for number in range(40)))
    whole = await asked(club)
    monkeypatch.setattr(ahead_rows, "ORDERS_MAX", 900)
    everything = await asked(club)

    assert whole["truncated"]
    assert NOON < datetime.fromisoformat(whole["until"]) < datetime.fromisoformat(everything["until"])
    assert told(whole) == [change for change in told(everything) if change[0] <= whole["until"]]


async def test_no_more_is_read_than_a_way_may_read(club, monkeypatch):
    """Eight orders with something due and eight that leave the window; with more, nothing would be projected."""
    monkeypatch.setattr(prospect, "WALKED_MAX", 0)
    monkeypatch.setattr(prospect, "ORDERS_MAX", 0)
    monkeypatch.setattr(ahead_rows, "ORDERS_MAX", 8)
    monkeypatch.setattr(remembered_rows, "TAIL_MAX", 16)
    await club.deliver(*(paid(f"o{number}", days=-number) for number in range(40)))

    body = await asked(club)

    assert body["truncated"]
    assert datetime.fromisoformat(body["until"]) > NOON


WARNED = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 3}
expiry: {days: 20}
tiers:
  window_days: 30
  warn_days: 10
  levels: [{name: bronze, spend: 0}, {name: silver, spend: 20000000}]
"""


@pytest.mark.parametrize("walked_max", [100, 0])
async def test_a_drop_behind_the_end_is_warned_of_before_it(loyalty, monkeypatch, walked_max):
    monkeypatch.setattr(prospect, "WALKED_MAX", walked_max)
    await loyalty.put_programme(WARNED, effective_from="2026-01-01T00:00:00Z")
    await loyalty.deliver(paid("o", 30_000_000, days=-15), *(paid(f"o{day}", 0, days=-day) for day in range(1, 9)))
    body = await asked(loyalty, until="2026-12-01T00:00:00Z")

    assert [(change["at"], change["drop"]["until"]) for change in body["changes"] if change["drop"]] == [
        ("2026-11-27T08:30:00Z", "2026-12-07T08:30:00Z")
    ]
    assert body["truncated"]


@pytest.mark.parametrize("walked_max", [100, 0])
async def test_the_end_of_a_tier_is_something_that_is_due(loyalty, monkeypatch, walked_max):
    monkeypatch.setattr(prospect, "WALKED_MAX", walked_max)
    document = WARNED.replace("expiry: {days: 20}", "").replace("hold: {days: 3}", "").replace("warn_days: 10", "")
    await loyalty.put_programme(document, effective_from="2026-01-01T00:00:00Z")
    await loyalty.deliver(paid("o", 30_000_000), *(paid(f"o{day}", 0, days=-day) for day in range(1, 9)))

    assert (await asked(loyalty, until="2026-12-01T00:00:00Z"))["truncated"]


async def test_an_account_whose_orders_were_read_with_gaps_does_not_guess_where_its_tier_ends(loyalty, monkeypatch):
    """Silver ends with an order of about 20 days ago. The older ones are read, and those of the last days, which are on
    hold.
    """
    monkeypatch.setattr(prospect, "WALKED_MAX", 0)
    monkeypatch.setattr(ahead_rows, "ORDERS_MAX", 8)
    document = WARNED.replace("expiry: {days: 20}", "").replace("warn_days: 10", "").replace("20000000", "32000000")
    await loyalty.put_programme(document, effective_from="2026-01-01T00:00:00Z")
    await loyalty.deliver(*(paid(f"o{day}", 1_600_000, days=-day) for day in range(30)))
    now = to_us(loyalty.clock.now())
    async with loyalty.database.worker.acquire() as connection:
        found = await load_prospect(connection, CustomerKey("s", "c"), now, now + 400 * DAY_US)
    settled = found.begin().settle(found.reach)

    assert (settled.tier, settled.tier_until) == ("silver", None)
    assert settled.due_at is not None


async def test_a_large_account_that_must_be_walked_is_refused_with_the_reason(club, monkeypatch):
    monkeypatch.setattr(prospect, "WALKED_MAX", 0)
    monkeypatch.setattr(prospect, "ORDERS_MAX", 7)
    await club.deliver(
        *(paid(f"o{number}", days=-number) for number in range(8)), granted("silver", until=5, backfill=False)
    )
    answer = await club.get("/v1/customers/c/projection")

    assert (answer.status_code, answer.json()["code"]) == (409, "account_too_large")


RULES = """
version: 2
currency: IRR
tiers: {window_days: 30, levels: [{name: bronze, spend: 0}]}
earn:
  rules:
    - {name: purchase, points: 1, per: 100000}
    - {name: shoes, points: 2, per: 100000, when: {categories: [کفش]}}
    - {name: gift, points: 7, when: {products: [p-7], channels: [app], branches: [vanak]}}
"""


@pytest.mark.parametrize(
    ("words", "points"),
    [
        ("", 10),
        (",category:کفش", 30),
        (",category:shoes", 10),
        (",product:p-7", 10),
        (",channel:app,product:p-7,branch:vanak", 17),
        (",branch:vanak,category:کفش,channel:app,product:p-7", 37),
    ],
)
async def test_a_purchase_may_be_of_a_category_and_a_product_and_be_made_somewhere(loyalty, words, points):
    assert (await loyalty.put_programme(RULES, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    await loyalty.deliver(paid("o"))

    assert (await asked(loyalty, **{"if": f"purchase:1000000{words}"}))["purchase"]["points"] == points


@pytest.mark.parametrize(
    "words",
    ["category:shoes", "purchase:5,", "purchase:5,category", "purchase:5,category:", "purchase:5,category: ",
     "purchase:5,purchase:6", "purchase:5,colour:red", "purchase:5,product:a\tb", "purchase:5,category:a,category:b",
     "purchase:5," + "category:" + "x" * 400],
)  # fmt: skip
async def test_words_that_say_nothing_of_a_purchase_are_refused(club, words):
    await club.deliver(paid("o"))
    answer = await club.get("/v1/customers/c/projection", **{"if": words})

    assert answer.status_code == 422
