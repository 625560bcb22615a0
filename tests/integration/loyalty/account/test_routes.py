"""What a front end asks of a customer's account."""

from datetime import timedelta

import pytest

from builders.orders import paid, refund
from harness.tokens import token


async def test_the_balance_has_exactly_the_fields_that_others_rely_on(loyalty):
    await loyalty.deliver(paid("o", days=-20))

    assert await loyalty.balance() == {
        "customer_id": "c",
        "available": 100,
        "pending": 0,
        "held": 0,
        "debt": 0,
        "lifetime": 100,
        "tier": "bronze",
        "tier_until": None,
        "next_expiry": {"points": 100, "at": "2027-11-16T20:30:00Z"},
        "as_of": "2026-11-22T08:30:00Z",
        "version": 2,
    }


async def test_a_balance_asked_between_due_and_settling_is_right(loyalty):
    await loyalty.deliver(paid("o"))
    loyalty.clock.advance(timedelta(days=14))
    before = await loyalty.balance()
    await loyalty.pass_time()
    after = await loyalty.balance()

    assert (before["available"], before["pending"], before["as_of"]) == (100, 0, "2026-12-06T08:30:00Z")
    assert {**before, "version": after["version"]} == after


@pytest.mark.parametrize("path", ["/v1/customers/nobody/balance", "/v1/customers/nobody/ledger"])
async def test_an_unknown_customer_is_a_404_problem(loyalty, path):
    answer = await loyalty.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_customer_of_another_shop_is_unknown(loyalty):
    await loyalty.deliver(paid("o"))

    assert (await loyalty.get("/v1/customers/c/balance", shop="t")).status_code == 404


async def test_a_browser_token_reads_its_own_customer_only(loyalty):
    await loyalty.deliver(paid("o"), paid("p", customer="d"))
    headers = {"Authorization": f"Bearer {token('s', 'customers:read', subject='c')}"}

    assert (await loyalty.client.get("/v1/customers/c/balance", headers=headers)).status_code == 200
    assert (await loyalty.client.get("/v1/customers/d/balance", headers=headers)).status_code == 404


async def test_the_ledger_shows_lots_and_entries_with_their_causes_page_by_page(loyalty):
    await loyalty.deliver(paid("o", days=-20), refund("o", 3_000_000, days=-1), paid("p"))
    whole = (await loyalty.get("/v1/customers/c/ledger")).json()
    first = (await loyalty.get("/v1/customers/c/ledger?limit=2")).json()
    second = (await loyalty.get(f"/v1/customers/c/ledger?limit=2&before={first['next_before']}")).json()

    assert {(lot["order_id"], lot["points"], lot["available"], lot["pending"]) for lot in whole["lots"]} == {
        ("o", 70, 70, 0),
        ("p", 100, 0, 100),
    }
    assert {(entry["kind"], entry["points"], entry["cause"]) for entry in whole["entries"]} == {
        ("earn", 100, str(paid("o").id)),
        ("activate", 100, None),
        ("reverse", -30, str(refund("o", 1).id)),
        ("earn", 100, str(paid("p").id)),
    }
    assert [entry["version"] for entry in whole["entries"]] == [4, 3, 2, 1]
    assert first["entries"] + second["entries"] == whole["entries"]
    assert whole["next_before"] is None


async def test_a_ledger_position_that_no_entry_can_have_is_refused(loyalty):
    await loyalty.deliver(paid("o"))

    assert (await loyalty.get(f"/v1/customers/c/ledger?before={2**63}")).status_code == 422


async def test_lots_are_paged_like_entries(loyalty):
    await loyalty.deliver(*(paid(f"o-{number}", days=-30 + number // 3) for number in range(7)))
    whole = (await loyalty.get("/v1/customers/c/ledger")).json()
    pages, after = [], None
    while True:
        answer = await loyalty.get("/v1/customers/c/ledger", limit=3, **({"lots_after": after} if after else {}))
        pages.append([lot["lot_id"] for lot in answer.json()["lots"]])
        after = answer.json()["next_lots_after"]
        if after is None:
            break

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [lot for page in pages for lot in page] == [lot["lot_id"] for lot in whole["lots"]]
    assert whole["next_lots_after"] is None


@pytest.mark.parametrize(
    "cursor", ["x", "1e999999~a", "9999-12-31T23:59:59-23:59~00000000-0000-0000-0000-000000000000", "~"]
)
async def test_a_cursor_that_no_page_of_lots_ended_with_is_refused(loyalty, cursor):
    await loyalty.deliver(paid("o"))

    answer = await loyalty.get("/v1/customers/c/ledger", lots_after=cursor)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
