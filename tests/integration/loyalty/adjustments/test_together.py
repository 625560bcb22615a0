"""Adjustments that come together: in one transaction, and of one person within a day."""

from random import Random
from typing import Any
from uuid import UUID

import pytest

from builders.opening import opened
from builders.orders import paid
from harness.in_process import SHOP
from harness.loyalty_acts import SECOND_PERSON
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty
from loyalty.adjustments.adjust import Adjust
from loyalty.adjustments.decide import Decide
from loyalty.adjustments.rules import Person, person_of
from loyalty.redemptions.reserve import Reserve
from loyalty.till import apply as till
from loyalty.till.command import Command, Key, digest_of
from mandegar.database import Act, transaction
from mandegar.events import CustomerKey
from mandegar.outbox.rows import write_outbox

ANNA, BEHZAD = "staff-anna", "staff-behzad"
LIMITS = SECOND_PERSON.replace("second_person_above: 5", "second_person_above: 5, second_person_above_credit: 1000")


def person(subject: str) -> Person:
    return person_of("key", subject, shop=SHOP, key=b"key")


async def ask(loyalty: Loyalty, path: str, body: Any, key: str, *, by: str | None = None, scope: str) -> Any:
    return await loyalty.ask(
        "POST", f"/v1/customers/c/{path}", scope, subject=by, json=body, headers={"Idempotency-Key": key}
    )


async def adjust(loyalty: Loyalty, amount: int | str, key: str, *, by: str = ANNA, **more: Any) -> Any:
    unit = "credit" if isinstance(amount, str) else "points"
    body = {unit: amount, "reason": "goodwill", "note": "because", **more}
    return await ask(loyalty, "adjustments", body, key, by=by, scope="points:adjust")


def command(loyalty: Loyalty, kind: type[Command], key: str, **more: Any) -> Command:
    customer, at = CustomerKey(SHOP, "c"), loyalty.clock.now()
    asked = {"author": person(ANNA), "reason": "r", "note": "n", "expires_in_days": None, "asked_at": at}
    if kind is Adjust:
        more = asked | {"points": 0, "credit": None, "allow_debt": False} | more
    return kind(named=customer, act=Act(SHOP, "key", None, "", ""), key=Key("r", digest_of(key), ""), **more)


async def at_once(loyalty: Loyalty, *commands: Command) -> list[Any]:
    """The answers to commands in one transaction."""
    async with transaction(loyalty.database.worker) as connection:
        done = await till.apply(commands, connection, loyalty.clock.now(), partitions=12)
        await write_outbox(connection, done.outgoing)
    return [*done.answers]


@pytest.mark.parametrize("walked_max", [1, till.WALKED_MAX])
@pytest.mark.parametrize("unit", ["points", "credit"])
async def test_what_one_command_gives_the_next_one_of_its_transaction_takes(
    loyalty, monkeypatch, make_database, unit, walked_max
):
    monkeypatch.setattr(till, "WALKED_MAX", walked_max)
    monkeypatch.setattr("loyalty.domain.account.REMEMBERED_FROM", walked_max)

    def adjust_(key: str, number: int, **more: Any) -> Command:
        return command(loyalty, Adjust, key, **{unit: number * factor}, **more)

    factor = 1 if unit == "points" else 1_000
    heard = [opened("l", 10), paid("o", 10), opened("m", 5)]
    await loyalty.deliver(*heard)
    spends = {"points": 11} if unit == "points" else {"points": 0, "credit": 11_000}

    answers = await at_once(
        loyalty,
        adjust_("1", 40, expires_in_days=3),
        adjust_("2", -25),
        command(loyalty, Reserve, "3", lasts=10**9, **spends),
        adjust_("4", -30, allow_debt=True),
        adjust_("5", 50),
        adjust_("6", -1),
    )

    assert [answer.status for answer in answers] == [201] * 6, answers
    balance = await loyalty.balance()
    has = balance if unit == "points" else balance["credits"][0]
    left = 40 - 25 - 11 - 30 + 50 - 1 + (15 if unit == "points" else 0)
    assert (int(has["available"]), int(has["held"]), int(has["debt"])) == (left, 11, 0)
    assert int(answers[-1].body["available" if unit == "points" else "credit_available"]) == left
    assert await loyalty.invariant_violations() == []
    await loyalty.pass_time(minutes=1)  # then what was brought along is no history any more
    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        await compare(loyalty, again)


@pytest.mark.parametrize(("small", "large"), [(3, 5), ("600", "1000")])
async def test_an_amount_in_small_parts_needs_a_second_person_as_the_whole_does(loyalty, small, large):
    assert (await loyalty.put_programme(LIMITS)).status_code == 201
    await loyalty.deliver(opened("l", 100))

    async def state(amount: int | str, key: str, **more: Any) -> str:
        answer = await adjust(loyalty, amount, key, **more)
        assert answer.status_code in {201, 202}, answer.text
        return str(answer.json()["state"])

    assert await state(small, "1") == "applied"
    assert await state(small, "2") == "waiting"
    assert await state(small, "3", by=BEHZAD) == "applied"
    minus = -small if isinstance(small, int) else f"-{small}"
    assert await state(minus, "4") == "applied"  # what is taken is counted by itself
    waits = (await adjust(loyalty, small, "2")).json()
    path = f"/v1/adjustments/{waits['adjustment_id']}/approve"
    assert (await loyalty.ask("POST", path, "points:adjust", subject=BEHZAD)).status_code == 200
    least = 2 if isinstance(small, int) else "400"
    assert await state(least, "5") == "applied"  # what a second person approved is not counted
    assert await state(1 if isinstance(small, int) else "1", "6") == "waiting"
    await loyalty.pass_time(hours=25)
    assert await state(large, "7") == "applied"


async def test_parts_that_come_in_one_transaction_are_held_against_the_limit_together(loyalty):
    await loyalty.put_programme(LIMITS)
    await loyalty.deliver(opened("l", 100))

    answers = await at_once(loyalty, *[command(loyalty, Adjust, f"{number}", points=2) for number in range(5)])

    assert [answer.status for answer in answers] == [201, 201, 202, 202, 202]
    assert (await loyalty.balance())["available"] == 104


@pytest.mark.parametrize(("path", "scope"), [("adjustments", "points:adjust"), ("redemptions", "points:spend")])
async def test_a_fraction_of_the_smallest_coin_is_refused_and_costs_no_key(loyalty, path, scope):
    await loyalty.deliver(opened("l", 100))
    await adjust(loyalty, "50", "first")
    body = {"credit": "1.5"} | ({"reason": "r", "note": "n"} if path == "adjustments" else {})

    answer = await ask(loyalty, path, body, "k", by=ANNA if path == "adjustments" else None, scope=scope)

    told = answer.json()
    assert (answer.status_code, told["code"], told["coin"]) == (422, "fraction_of_coin", "1")
    assert (await loyalty.balance())["credits"][0]["available"] == "50"
    again = await ask(
        loyalty, path, body | {"credit": "1"}, "k", by=ANNA if path == "adjustments" else None, scope=scope
    )
    assert again.status_code == 201, again.text


async def test_a_fraction_that_is_made_right_in_the_same_transaction_is_decided_about(loyalty):
    await loyalty.deliver(opened("l", 100))
    await adjust(loyalty, "50", "first")
    wrong = [command(loyalty, Reserve, "k", points=0, credit=1_500, lasts=10**9) for _ in range(2)]
    right = [command(loyalty, Reserve, "k", points=0, credit=1_000, lasts=10**9) for _ in range(2)]
    other = command(loyalty, Reserve, "k", points=0, credit=2_000, lasts=10**9)
    for each, fingerprint in ((right[0], "right"), (right[1], "right"), (other, "other")):
        each.key = Key("r", digest_of("k"), fingerprint)

    answers = await at_once(loyalty, *wrong, *right, other)

    assert [answer.status for answer in answers] == [422, 422, 201, 201, 422]
    assert [answer.body.get("code") for answer in answers[2:]] == [None, None, "idempotency_key_reused"]
    assert (await loyalty.balance())["credits"][0]["held"] == "1"


async def test_an_approval_beside_an_adjustment_is_no_longer_counted(loyalty):
    assert (await loyalty.put_programme(LIMITS)).status_code == 201
    await loyalty.deliver(opened("l", 100))
    await at_once(loyalty, command(loyalty, Adjust, "1", points=3))
    [waits] = await at_once(loyalty, command(loyalty, Adjust, "2", points=3))
    assert waits.status == 202
    approve = {"adjustment": UUID(str(waits.body["adjustment_id"])), "change": "applied", "by": person(BEHZAD)}
    decision = command(loyalty, Decide, "d", **approve)

    answers = await at_once(loyalty, decision, command(loyalty, Adjust, "3", points=2))

    assert [answer.status for answer in answers] == [200, 201]


async def test_after_a_rebuild_the_sum_of_the_day_is_still_that_of_its_author(loyalty, make_database):
    """Whose mail address is on no topic, but a keyed hash of it."""
    assert (await loyalty.put_programme(LIMITS)).status_code == 201
    heard = [opened("l", 100)]
    await loyalty.deliver(*heard)
    sara, ali = "sara@shop.ir", "علی"
    assert (await adjust(loyalty, 3, "1", by=sara)).status_code == 201
    waits = await adjust(loyalty, 3, "2", by=sara)
    assert waits.status_code == 202
    assert sara not in f"{await loyalty.news()}"

    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        assert (await adjust(again, 3, "3", by=sara)).status_code == 202
        assert (await adjust(again, 3, "4", by=ali)).status_code == 201
        path = f"/v1/adjustments/{waits.json()['adjustment_id']}/approve"
        own = await again.ask("POST", path, "points:adjust", subject=sara)
        assert (own.status_code, own.json()["code"]) == (409, "own_adjustment")
        for _ in range(2):
            assert (await again.ask("POST", path, "points:adjust", subject=ali)).status_code == 200
