"""Staff gives points and takes them; above an amount somebody else has to approve it."""

import asyncio
from typing import Any

import pytest

from builders.erasures import erased
from builders.merges import merges
from builders.opening import opened
from builders.orders import paid, refund
from harness.loyalty_acts import SECOND_PERSON
from harness.loyalty_service import Loyalty, kinds

ANNA, BEHZAD = "staff-anna", "staff-behzad"


async def adjust(
    loyalty: Loyalty, points: int, *, key: str = "k", customer: str = "c", by: str = ANNA, **more: Any
) -> Any:
    body = {"points": points, "reason": "goodwill", "note": "a parcel was lost", **more}
    return await loyalty.ask(
        "POST", f"/v1/customers/{customer}/adjustments", "points:adjust",
        subject=by or None, json=body, headers={"Idempotency-Key": key},
    )  # fmt: skip


async def decide(loyalty: Loyalty, made: Any, verb: str = "approve", *, by: str = BEHZAD) -> Any:
    path = f"/v1/adjustments/{made.json()['adjustment_id']}/{verb}"
    return await loyalty.ask("POST", path, "points:adjust", subject=by or None)


async def with_a_second_person(loyalty: Loyalty) -> None:
    """Above 5 points."""
    assert (await loyalty.put_programme(SECOND_PERSON)).status_code == 201


async def test_points_that_are_given_are_a_lot_that_can_be_used_at_once(loyalty):
    await loyalty.deliver(paid("o"))
    made = await adjust(loyalty, 50, expires_in_days=10)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["last_day"], made.json()["available"]) == ("applied", "2026-12-02", 50)

    ledger = (await loyalty.get("/v1/customers/c/ledger")).json()
    [lot] = [lot for lot in ledger["lots"] if lot["adjustment_id"]]
    assert (lot["order_id"], lot["available"], lot["expires_at"]) == (None, 50, "2026-12-02T20:30:00Z")
    assert lot["adjustment_id"] == made.json()["adjustment_id"]
    assert ("adjust", 50) in kinds(await loyalty.news())
    await loyalty.pass_time(days=11)
    assert (await loyalty.balance())["lifetime"] == 150
    assert (await loyalty.balance())["available"] == 0
    assert await loyalty.invariant_violations() == []


async def test_points_that_are_given_repay_what_is_owed(loyalty):
    await loyalty.deliver(opened("l", 10))
    await adjust(loyalty, -30, allow_debt=True, key="1")
    assert (await loyalty.balance())["debt"] == 20

    assert (await adjust(loyalty, 50, key="2")).json()["available"] == 30

    balance = await loyalty.balance()
    assert (balance["available"], balance["debt"], balance["lifetime"]) == (30, 0, 60)
    assert await loyalty.invariant_violations() == []


async def test_points_are_taken_as_they_would_be_spent_and_never_below_zero(loyalty):
    await loyalty.deliver(opened("late", 40, until=400), opened("early", 40, until=40), paid("o"))

    assert (await adjust(loyalty, -50, key="1")).status_code == 201
    refused = await adjust(loyalty, -31, key="2")

    assert (refused.status_code, refused.json()["code"], refused.json()["missing"]) == (409, "not_enough_points", 1)
    lots = {lot["opening_id"]: lot["available"] for lot in (await loyalty.get("/v1/customers/c/ledger")).json()["lots"]}
    assert lots == {"late": 30, None: 0}
    assert (await loyalty.balance())["available"] == 30
    assert await loyalty.invariant_violations() == []


async def test_what_was_taken_stays_taken_when_its_order_is_refunded_late(loyalty):
    """The refund finds the points gone, takes other ones, and what nobody has is owed."""
    await loyalty.deliver(paid("o", days=-20), opened("l", 30, until=400))
    await adjust(loyalty, -100)
    assert (await loyalty.balance())["available"] == 30

    await loyalty.deliver(refund("o", 10_000_000))

    balance = await loyalty.balance()
    assert (balance["available"], balance["debt"]) == (0, 70)
    assert await loyalty.invariant_violations() == []


async def test_the_same_key_has_the_same_answer_and_no_other_request(loyalty):
    await loyalty.deliver(opened("l", 10))
    first = await adjust(loyalty, 50)
    again = await adjust(loyalty, 50)
    other, other_author = await adjust(loyalty, 51), await adjust(loyalty, 50, by=BEHZAD)

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [each.json()["code"] for each in (other, other_author)] == ["idempotency_key_reused"] * 2
    assert (await loyalty.balance())["available"] == 60


async def test_above_the_amount_a_second_person_approves(loyalty):
    await loyalty.deliver(opened("l", 10))
    await with_a_second_person(loyalty)
    assert (await adjust(loyalty, 5, key="small")).status_code == 201
    made = await adjust(loyalty, 6, key="large")
    assert (made.status_code, made.json()["state"], made.json()["available"]) == (202, "waiting", 15)
    waiting = await loyalty.get("/v1/adjustments", scope="points:adjust", state="waiting")
    assert [each["points"] for each in waiting.json()["adjustments"]] == [6]

    own = await decide(loyalty, made, by=ANNA)
    nameless = await decide(loyalty, made, by="")
    approved, again = await decide(loyalty, made), await decide(loyalty, made)
    too_late = await decide(loyalty, made, "refuse")

    assert [each.json()["code"] for each in (own, nameless)] == ["own_adjustment"] * 2
    assert (approved.status_code, approved.json()["state"], approved.json()["decided_by"]) == (200, "applied", BEHZAD)
    assert again.status_code == 200
    assert (too_late.status_code, too_late.json()["code"]) == (409, "adjustment_decided")
    assert (await loyalty.balance())["available"] == 21


async def test_two_who_approve_at_once_give_the_points_once(loyalty):
    """One in this process, one whose command another process applies meanwhile."""
    await loyalty.deliver(opened("l", 10))
    await with_a_second_person(loyalty)
    made = await adjust(loyalty, 1_000)

    answers = await asyncio.gather(*(decide(loyalty, made, by=f"staff-{n}") for n in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    assert (await loyalty.balance())["available"] == 1_010


async def test_a_refused_adjustment_moves_nothing(loyalty):
    await loyalty.deliver(opened("l", 10))
    await with_a_second_person(loyalty)
    made = await adjust(loyalty, -9)

    assert (await decide(loyalty, made, "refuse")).json()["state"] == "refused"
    assert (await decide(loyalty, made)).json()["code"] == "adjustment_decided"
    assert (await loyalty.balance())["available"] == 10


async def test_what_would_be_over_when_it_is_given_is_not_approved(loyalty):
    await loyalty.deliver(opened("l", 10))
    await with_a_second_person(loyalty)
    made = await adjust(loyalty, 9, expires_in_days=2, key="1")
    in_time = await adjust(loyalty, 8, expires_in_days=3, key="2")
    await loyalty.pass_time(days=3)

    assert (await decide(loyalty, made)).json()["code"] == "adjustment_over"
    assert (await decide(loyalty, made, "refuse")).status_code == 200
    assert (await decide(loyalty, in_time)).json()["available"] == 18


async def test_what_waits_goes_to_the_root_and_away_with_the_erased(loyalty):
    await loyalty.deliver(opened("l", 10, customer="a_1"), opened("m", 1))
    await with_a_second_person(loyalty)
    made = await adjust(loyalty, 100, customer="a_1")
    await loyalty.deliver(*merges("a_1", "c"))

    assert (await decide(loyalty, made)).json()["customer_id"] == "c"
    assert (await loyalty.balance())["available"] == 111
    made = await adjust(loyalty, 100, key="other")
    await loyalty.deliver(erased("c"))

    assert (await decide(loyalty, made)).json()["code"] == "unknown_adjustment"
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM adjustments") == 0
    assert await loyalty.invariant_violations() == []


async def test_the_note_leaves_the_database_nowhere(loyalty):
    await loyalty.deliver(opened("l", 10))
    await adjust(loyalty, 50, note="Frau Müller, 0912 123 45 67, hat angerufen", by="Frau Müller")
    events = await loyalty.news()

    assert "points.adjusted" in {event.type for event in events}
    assert "Müller" not in f"{events}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 0}, {"points": 10**15 + 1}, {"points": 1.5}, {"points": "1"}, {"points": True},
        {"reason": "Good will"}, {"reason": ""}, {"note": ""}, {"note": "\x00"}, {"note": "x" * 501},
        {"expires_in_days": 0}, {"expires_in_days": 36_501}, {"points": -1, "expires_in_days": 1},
        {"allow_debt": True}, {"more": 1},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(loyalty, wrong):
    await loyalty.deliver(opened("l", 10))

    answer = await adjust(loyalty, **{"points": 1, **wrong})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await loyalty.balance())["available"] == 10


async def test_the_largest_amount_is_given_and_taken(loyalty):
    await loyalty.deliver(opened("l", 10))

    assert (await adjust(loyalty, 10**15, key="1")).json()["available"] == 10**15 + 10
    assert (await adjust(loyalty, -(10**15), key="2")).json()["available"] == 10
    month = (await loyalty.get("/v1/books/periods?from=2026-11-01&to=2026-11-30", scope="books:read")).json()["periods"]
    assert (month[0]["adjusted"], month[0]["closing"]["liability"]) == (0, 10)


async def test_an_unknown_customer_gets_nothing(loyalty):
    assert (await adjust(loyalty, 5, customer="nobody")).json()["code"] == "unknown_customer"
