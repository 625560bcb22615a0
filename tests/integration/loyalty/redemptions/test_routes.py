"""Redemptions as shops and tills ask for them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from builders.events import NOON
from builders.opening import opened
from builders.orders import paid, refund
from harness.loyalty_service import Loyalty, kinds
from harness.spending import end, give_back, read, reserve
from loyalty.domain import account
from loyalty.till import apply

PURSE = {"available": 100, "pending": 0, "held": 0, "debt": 0, "lifetime": 100}


@pytest.fixture(params=["walked", "remembered"], autouse=True)
def _accounts_are_walked_or_go_on_from_what_is_remembered(request: pytest.FixtureRequest, monkeypatch) -> None:
    if request.param == "remembered":
        monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
        monkeypatch.setattr(apply, "WALKED_MAX", 0)


@pytest.fixture
async def purse(loyalty: Loyalty) -> Loyalty:
    """The customer ``c`` has 30 points that last for five days, and 70 that do not expire."""
    await loyalty.deliver(opened("long", 70), opened("short", 30, until=5))
    return loyalty


def points(balance: dict[str, object]) -> dict[str, object]:
    return {name: balance[name] for name in PURSE}


async def test_a_reservation_takes_from_the_lot_that_expires_first(purse):
    answer = await reserve(purse, 40, order_id="o-7", reference="till 3")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert [(lot["points"], lot["expires_at"] is None) for lot in made["lots"]] == [(30, False), (10, True)]
    assert (made["state"], made["points"], made["available"], made["customer_id"]) == ("reserved", 40, 60, "c")
    assert (made["order_id"], made["reference"]) == ("o-7", "till 3")
    balance = await purse.balance()
    assert points(balance) == PURSE | {"available": 60, "held": 40}
    assert balance["version"] == made["version"]
    assert await purse.invariant_violations() == []


async def test_confirmed_points_are_gone_and_confirming_again_has_the_same_answer(purse):
    made = await reserve(purse, 40)
    first, second = await end(purse, made, "confirm"), await end(purse, made, "confirm")
    assert first.status_code == second.status_code == 200
    hidden = {"as_of"}
    assert {k: v for k, v in first.json().items() if k not in hidden} == {
        k: v for k, v in second.json().items() if k not in hidden
    }
    assert first.json()["state"] == "confirmed"
    assert points(await purse.balance()) == PURSE | {"available": 60}
    cancelled = await end(purse, made, "cancel")
    assert (cancelled.status_code, cancelled.json()["code"], cancelled.json()["state"]) == (
        409,
        "redemption_ended",
        "confirmed",
    )
    assert await purse.invariant_violations() == []


async def test_cancelled_points_go_back_to_their_lots(purse):
    before = (await purse.get("/v1/customers/c/ledger")).json()["lots"]
    made = await reserve(purse, 40)
    await end(purse, made, "cancel")
    assert (await purse.get("/v1/customers/c/ledger")).json()["lots"] == before
    assert (await end(purse, made, "confirm")).json()["state"] == "cancelled"
    assert points(await purse.balance()) == PURSE


async def test_a_reservation_ends_by_itself_at_its_instant(purse):
    made = await reserve(purse, 40, expires_in=60)
    purse.clock.advance(timedelta(seconds=60, microseconds=1))
    answer = await end(purse, made, "confirm")
    assert (answer.status_code, answer.json()["code"]) == (409, "redemption_expired")
    assert (await read(purse, made))["state"] == "expired"
    assert points(await purse.balance()) == PURSE  # nobody has run
    await purse.pass_time(seconds=0)
    released = [one for one in kinds(purse.published) if one[0] == "release"]
    assert sorted(released) == [("release", 10), ("release", 30)]
    assert (await end(purse, made, "cancel")).json()["code"] == "redemption_expired"
    assert await purse.invariant_violations() == []


async def test_points_that_come_back_to_a_lot_whose_day_has_passed_expire_at_once(purse):
    made = await reserve(purse, 40, expires_in=7 * 86_400)
    await purse.pass_time(days=6)
    assert points(await purse.balance()) == PURSE | {"available": 60, "held": 40}
    answer = await end(purse, made, "cancel")
    assert answer.json()["available"] == 70
    assert points(await purse.balance()) == PURSE | {"available": 70}
    assert await purse.invariant_violations() == []


async def test_spent_points_come_back_once_for_a_reference_and_never_more_than_were_taken(purse):
    made = await reserve(purse, 40)
    early = await give_back(purse, made, "r-1", 5)
    assert (early.status_code, early.json()["code"]) == (409, "redemption_not_confirmed")
    await end(purse, made, "confirm")
    first, again = await give_back(purse, made, "r-1", 15), await give_back(purse, made, "r-1", 15)
    assert (first.status_code, first.json()["returned"], first.json()["available"]) == (200, 15, 75)
    assert (again.status_code, again.json()["returned"], again.json()["available"]) == (200, 15, 75)
    lots = (await purse.get("/v1/customers/c/ledger")).json()["lots"]
    assert {lot["opening_id"]: lot["available"] for lot in lots} == {"long": 70, "short": 5}
    other = await give_back(purse, made, "r-1", 16)
    assert (other.status_code, other.json()["code"], other.json()["returned"]) == (409, "already_returned", 15)
    more = await give_back(purse, made, "r-2", 26)
    assert (more.status_code, more.json()["code"], more.json()["returnable"]) == (409, "more_than_spent", 25)
    assert (await give_back(purse, made, "r-2")).json()["available"] == 100
    assert (await give_back(purse, made, "r-3")).json()["code"] == "more_than_spent"
    assert points(await purse.balance()) == PURSE
    assert await purse.invariant_violations() == []


async def test_returned_points_whose_day_has_passed_are_gone(purse):
    made = await reserve(purse, 40)
    await end(purse, made, "confirm")
    await purse.pass_time(days=6)
    assert (await give_back(purse, made, "r")).json()["available"] == 70
    assert points(await purse.balance()) == PURSE | {"available": 70}


async def test_too_few_points_are_refused_with_what_is_missing_and_when_there_will_be_enough(loyalty):
    await loyalty.deliver(opened("l", 30), paid("o", 5_000_000))
    pending = (await loyalty.balance())["pending"]
    assert pending > 0
    answer = await reserve(loyalty, 30 + pending)
    told = answer.json()
    assert answer.status_code == 409
    assert (told["code"], told["required"], told["available"], told["missing"]) == (
        "not_enough_points",
        30 + pending,
        30,
        pending,
    )
    active_at = (await loyalty.get("/v1/customers/c/ledger")).json()["lots"][-1]["active_at"]
    assert told["when"] == active_at
    assert (await reserve(loyalty, 31 + pending)).json()["when"] is None


async def test_who_owes_points_reserves_none(loyalty):
    await loyalty.deliver(paid("o", 10_000_000))
    await loyalty.pass_time(days=20)
    have = (await loyalty.balance())["available"]
    made = await reserve(loyalty, have)
    await end(loyalty, made, "confirm")
    await loyalty.deliver(refund("o", 10_000_000, days=20))
    assert (await loyalty.balance())["debt"] == have
    answer = await reserve(loyalty, 1)
    assert (answer.status_code, answer.json()["code"], answer.json()["owed"]) == (409, "points_owed", have)
    assert await loyalty.invariant_violations() == []


async def test_the_same_key_has_the_same_answer_and_takes_nothing_twice(purse):
    first, second = await reserve(purse, 40, key="k"), await reserve(purse, 40, key="k")
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert points(await purse.balance()) == PURSE | {"available": 60, "held": 40}


async def test_a_refusal_is_kept_under_its_key_as_well(purse):
    first = await reserve(purse, 1_000, key="k")
    await purse.deliver(opened("more", 5_000))
    second = await reserve(purse, 1_000, key="k")
    assert (first.status_code, second.status_code) == (409, 409)
    assert first.content == second.content
    assert (await reserve(purse, 1_000, key="another")).status_code == 201


@pytest.mark.parametrize("other", [{"points": 41}, {"points": 40, "order_id": "o"}, {"points": 40, "expires_in": 5}])
async def test_another_request_under_a_key_is_refused(purse, other):
    await reserve(purse, 40, key="k")
    answer = await reserve(purse, key="k", **other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_what_was_redeemed_under_a_key_is_known_when_its_answer_is_forgotten(purse):
    first = await reserve(purse, 40, key="k")
    await purse.database.worker.execute("DELETE FROM idempotency_keys")
    second = await reserve(purse, 40, key="k")
    assert second.status_code == 201
    assert second.json()["redemption_id"] == first.json()["redemption_id"]
    assert points(await purse.balance()) == PURSE | {"available": 60, "held": 40}
    other = await reserve(purse, 30, order_id="o", key="k")
    assert other.json()["code"] == "idempotency_key_reused"


async def test_who_asks_again_for_what_is_spent_is_told_that_it_is(purse):
    """Also with fewer points left than the first request took."""
    first = await reserve(purse, 70, key="k")
    await end(purse, first, "confirm")
    await purse.database.worker.execute("DELETE FROM idempotency_keys")
    second = await reserve(purse, 70, key="k")
    assert (second.status_code, second.json()["state"], second.json()["available"]) == (201, "confirmed", 30)
    assert points(await purse.balance()) == PURSE | {"available": 30}


async def test_a_reservation_needs_a_key(purse):
    answer = await purse.ask("POST", "/v1/customers/c/redemptions", "points:spend", json={"points": 1})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"points": 0},
        {"points": -1},
        {"points": 10**15 + 1},
        {"points": 10**400},
        {"points": 1.5},
        {"points": "10"},
        {"points": True},
        {"points": 1, "expires_in": 0},
        {"points": 1, "expires_in": 7 * 86_400 + 1},
        {"points": 1, "order_id": ""},
        {"points": 1, "order_id": "a\x00b"},
        {"points": 1, "reference": "x" * 201},
        {"points": 1, "unknown": 1},
        {},
        [],
    ],
)
async def test_an_impossible_request_is_refused(purse, body):
    headers = {"Idempotency-Key": "k"}
    answer = await purse.ask("POST", "/v1/customers/c/redemptions", "points:spend", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert points(await purse.balance()) == PURSE


@pytest.mark.parametrize("customer", ["nobody", "x" * 300])
async def test_a_customer_who_does_not_exist_is_not_made_by_a_request(purse, customer):
    answer = await reserve(purse, 1, customer)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")
    assert await purse.database.worker.fetchval("SELECT count(*) FROM customers") == 1


async def test_the_list_is_paged_and_filtered_by_state(purse):
    made = [await reserve(purse, 10, expires_in=60 * (number + 1)) for number in range(4)]
    await end(purse, made[0], "confirm")
    await end(purse, made[1], "cancel")
    purse.clock.set(NOON + timedelta(minutes=3, seconds=30))
    page = (await purse.get("/v1/customers/c/redemptions", limit=3)).json()
    assert [each["state"] for each in page["redemptions"]] == ["reserved", "expired", "cancelled"]
    rest = (await purse.get("/v1/customers/c/redemptions", before=page["next_before"])).json()
    assert [each["state"] for each in rest["redemptions"]] == ["confirmed"]
    assert rest["next_before"] is None
    for state in ("reserved", "expired", "cancelled", "confirmed"):
        found = (await purse.get("/v1/customers/c/redemptions", state=state)).json()["redemptions"]
        assert [each["state"] for each in found] == [state]
    assert (await purse.get("/v1/customers/c/redemptions", state="lost")).status_code == 422


async def test_a_redemption_of_another_customer_is_unknown(purse):
    made = await reserve(purse, 10)
    await purse.deliver(opened("theirs", 10, customer="d"))
    for answer in (
        await end(purse, made, "confirm", "d"),
        await purse.get(f"/v1/customers/d/redemptions/{made.json()['redemption_id']}"),
        await purse.get(f"/v1/customers/c/redemptions/{uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_redemption")


async def test_points_are_spent_with_the_scope_for_it_alone(purse):
    headers = {"Idempotency-Key": "k"}
    for scope, subject in (("customers:read", None), ("points:spend", "c")):
        answer = await purse.ask(
            "POST", "/v1/customers/c/redemptions", scope, subject=subject, json={"points": 1}, headers=headers
        )
        assert answer.status_code == 403


async def test_a_held_lot_is_in_the_ledger_and_no_warning_counts_it(loyalty):
    await loyalty.deliver(opened("short", 30, until=20))
    made = await reserve(loyalty, 30, expires_in=7 * 86_400)
    (lot,) = (await loyalty.get("/v1/customers/c/ledger")).json()["lots"]
    assert (lot["available"], lot["held"]) == (0, 30)
    assert (await loyalty.balance())["next_expiry"] is None
    assert [event for event in await loyalty.pass_time(days=6.9) if event.type == "points.expiring"] == []
    await end(loyalty, made, "cancel")
    warnings = [
        event for event in await loyalty.news() + await loyalty.pass_time(days=1) if event.type == "points.expiring"
    ]
    assert [event.data.points for event in warnings] == [30]
