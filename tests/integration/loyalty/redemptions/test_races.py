"""Redemptions that race: for one purse, in two processes; for one answer, when a connection breaks at its commit."""

import asyncio
import json
import os
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from builders.erasures import erased
from builders.events import event
from builders.merges import merged
from builders.opening import opened
from builders.orders import paid, refund
from harness import redeeming
from harness.failing import may_fail_at
from harness.spending import end, give_back, read, reserve, reserve_until_answered
from loyalty.account import post
from loyalty.domain import account
from loyalty.redemptions.finish import Finish
from loyalty.till import apply
from mandegar.events.ingest import ActDone
from mandegar.failpoints import StreamFailpoint
from mandegar.stream import needs_longer


async def _redeeming(database, number: int) -> asyncio.subprocess.Process:
    tests = Path(redeeming.__file__).parents[1]
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harness.redeeming", database.worker_url, database.web_url, str(number)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), os.environ.get("PYTHONPATH", "")])},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    return child


async def test_a_hundred_redemptions_of_a_purse_worth_twenty_in_two_processes_are_exactly_twenty(loyalty):
    await loyalty.deliver(opened("l", 20))
    children = [await _redeeming(loyalty.database, 50) for _ in range(2)]
    said = await asyncio.gather(*(child.communicate(b"go\n") for child in children))
    counts = sum((Counter(json.loads(out.splitlines()[-1])) for out, _ in said), Counter())
    assert counts == {"201": 20, "409": 80}
    balance = await loyalty.balance()
    assert (balance["available"], balance["held"]) == (0, 20)
    assert await loyalty.database.worker.fetchval("SELECT sum(points)::int FROM redemptions") == 20
    assert await loyalty.invariant_violations() == []


async def test_a_hundred_redemptions_in_one_process_are_exactly_twenty(loyalty):
    await loyalty.deliver(opened("l", 12), opened("m", 8, until=9))
    answers = await asyncio.gather(*(reserve_until_answered(loyalty, 1, f"k-{each}") for each in range(100)))
    assert Counter(answer.status_code for answer in answers) == {201: 20, 409: 80}
    told = [answer.json()["available"] for answer in answers if answer.status_code == 201]
    assert sorted(told) == [*range(20)]
    assert await loyalty.invariant_violations() == []


async def test_the_same_request_many_times_at_once_takes_once(loyalty):
    await loyalty.deliver(opened("l", 20))
    answers = await asyncio.gather(*(reserve(loyalty, 7, key="k") for _ in range(10)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert Counter(answer.headers.get("idempotency-replayed") for answer in answers) == {None: 1, "true": 9}
    assert (await loyalty.balance())["held"] == 7


@pytest.mark.parametrize("place", [StreamFailpoint.COMMANDS_BEFORE_COMMIT, StreamFailpoint.COMMANDS_AFTER_COMMIT])
async def test_a_connection_that_is_lost_around_the_commit_changes_nothing_twice(loyalty, place):
    await loyalty.deliver(opened("l", 20))
    with may_fail_at(place, ConnectionResetError):
        answer = await reserve(loyalty, 7, key="k")
    assert answer.status_code == 201
    assert (await reserve(loyalty, 7, key="k")).content == answer.content
    assert (await loyalty.balance())["held"] == 7
    with may_fail_at(place, ConnectionResetError):
        assert (await end(loyalty, answer, "confirm")).status_code == 200
    with may_fail_at(place, ConnectionResetError):
        assert (await give_back(loyalty, answer, "r", 3)).json()["returned"] == 3
    assert (await loyalty.balance())["available"] == 16
    assert await loyalty.invariant_violations() == []


async def test_a_bug_in_a_commit_fails_its_requests_and_no_later_one(loyalty):
    await loyalty.deliver(opened("l", 20))
    with may_fail_at(StreamFailpoint.COMMANDS_BEFORE_COMMIT) as attempt:
        await reserve(loyalty, 7, key="k")
    assert attempt.failed
    assert (await reserve(loyalty, 7, key="k")).status_code == 201


async def test_a_clock_that_runs_backwards_reorders_nothing_and_revives_nothing(loyalty):
    await loyalty.deliver(opened("l", 20, until=3))
    made = await reserve(loyalty, 7, expires_in=60)
    await loyalty.pass_time(hours=2)
    loyalty.clock.advance(timedelta(hours=-3))
    assert (await read(loyalty, made))["state"] == "expired"
    assert (await end(loyalty, made, "confirm")).json()["code"] == "redemption_expired"
    later = await reserve(loyalty, 20, expires_in=60)
    assert later.status_code == 201
    assert later.json()["reserved_at"] > made.json()["expires_at"]
    assert (await end(loyalty, later, "confirm")).status_code == 200
    assert (await loyalty.balance())["available"] == 0
    assert await loyalty.invariant_violations() == []


async def test_open_reservations_go_with_the_facts_to_the_root(loyalty):
    await loyalty.deliver(opened("l", 20, customer="g"), opened("m", 5))
    confirmed, cancelled, left = [await reserve(loyalty, 4, "g", expires_in=60 * (each + 1)) for each in range(3)]
    await loyalty.deliver(merged("g"))
    balance = await loyalty.balance()
    assert (balance["available"], balance["held"]) == (13, 12)
    assert (await end(loyalty, confirmed, "confirm", "g")).json()["customer_id"] == "c"
    assert (await end(loyalty, cancelled, "cancel")).status_code == 200
    assert (await read(loyalty, left))["state"] == (await read(loyalty, left, "g"))["state"] == "reserved"
    await loyalty.pass_time(minutes=5)
    assert (await read(loyalty, left, "g"))["state"] == "expired"
    balance = await loyalty.balance("g")
    assert (balance["available"], balance["held"]) == (21, 0)
    assert await loyalty.invariant_violations() == []


async def test_nothing_is_redeemed_of_an_erased_customer(loyalty):
    await loyalty.deliver(opened("l", 20))
    made = await reserve(loyalty, 7, key="k")
    await loyalty.deliver(erased())
    for answer in (await end(loyalty, made, "confirm"), await reserve(loyalty, 1), await reserve(loyalty, 7, key="k")):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM redemptions") == 0
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM idempotency_keys") == 0
    assert await loyalty.invariant_violations() == []


async def test_a_programme_that_changes_under_a_reservation_changes_nothing_of_it(loyalty):
    await loyalty.deliver(paid("o", 10_000_000))
    await loyalty.pass_time(days=15)
    have = (await loyalty.balance())["available"]
    made = await reserve(loyalty, have, expires_in=7 * 86_400)
    text = "version: 1\ncurrency: IRR\nearn: {points: 0.001, per: 100000}\nexpiry: {days: 1, warn_days: 0}\n"
    text += "tiers: {window_days: 30, levels: [{name: member, spend: 0}]}\n"
    assert (await loyalty.put_programme(text)).status_code == 201
    await loyalty.pass_time(days=3)
    assert (await loyalty.balance())["held"] == have
    assert (await end(loyalty, made, "cancel")).json()["available"] == have
    assert await loyalty.invariant_violations() == []


@pytest.mark.parametrize("key", ["'; DROP TABLE orders; --", "\x7f", "ключ".encode().decode("latin-1"), "k" * 255])
async def test_a_key_may_be_any_text(loyalty, key):
    await loyalty.deliver(opened("l", 20))
    first = await reserve(loyalty, 7, key=key)
    assert first.status_code == 201
    assert (await reserve(loyalty, 7, key=key)).content == first.content


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_of_no_length_or_too_much_of_it_is_refused(loyalty, key):
    await loyalty.deliver(opened("l", 20))
    assert (await reserve(loyalty, 7, key=key)).status_code == 422


LIMITED = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
acts:
  - {name: story, on: act.done, act: story-shared, points: 20, limits: [{times: 4, per: month}]}
"""


async def test_an_account_that_is_never_remembered_redeems_once_it_was_brought_up_to_date(loyalty, monkeypatch):
    """With more orders than a batch walks: its rules ask for all that was before, so it is walked for each command."""
    await never_remembered(loyalty, monkeypatch, LIMITED)
    refused = await reserve(loyalty, 5)
    assert (refused.status_code, refused.json()["code"]) == (503, "account_not_ready")
    await loyalty.beside().drain(loyalty.database.worker)

    made = await reserve(loyalty, 5)
    assert (made.status_code, made.json()["available"]) == (201, 75)
    assert (await end(loyalty, made, "confirm")).status_code == 200
    monkeypatch.setattr(apply, "NEVER_REMEMBERED_MAX", 3)
    for _ in range(2):  # nothing is done for it beside, and it is said that this is no passing state
        refused = await reserve(loyalty, 5, key="large")
        assert (refused.status_code, refused.json()["code"]) == (409, "account_too_large")
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM waiting_beside") == 0
    monkeypatch.setattr(apply, "NEVER_REMEMBERED_MAX", 30)
    assert (await reserve(loyalty, 5, key="large")).status_code == 201
    assert await loyalty.invariant_violations() == []


PART_PAYING = LIMITED + "spend: {value: 1000}\n"


async def never_remembered(loyalty, monkeypatch, rules: str) -> None:
    """An account with more orders than a batch walks, of which all that was before is asked, and an order."""
    monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
    monkeypatch.setattr(apply, "WALKED_MAX", 1)
    monkeypatch.setattr(post, "WALKED_MAX", 2)
    assert (await loyalty.put_programme(rules)).status_code == 201
    await loyalty.pass_time(hours=1)
    acts = [ActDone(act="story-shared", subject_id=f"s{number}") for number in range(6)]
    await loyalty.deliver(*[event("act.done", act, hours=0.5) for act in acts])
    await loyalty.pass_time(days=3)


async def test_points_of_an_account_that_is_never_remembered_come_back_of_a_reduced_order(loyalty, monkeypatch):
    """The order was reduced while points were reserved for it."""
    await never_remembered(loyalty, monkeypatch, PART_PAYING)
    monkeypatch.setattr(post, "WALKED_MAX", 20)
    order_now = {"order": {"order_id": "o", "total": "200000", "currency": "IRR"}}
    made = await reserve(loyalty, 20, **order_now)
    assert made.status_code == 201, made.text
    await loyalty.deliver(paid("o", 200_000, days=3), refund("o", 50_000, days=3))
    monkeypatch.setattr(post, "WALKED_MAX", 2)
    assert (await end(loyalty, made, "confirm")).status_code == 200
    assert (await read(loyalty, made))["returned"] == 5
    assert await loyalty.invariant_violations() == []


async def test_a_command_whose_consequences_take_longer_than_a_request_has_waits_until_they_do_not(
    loyalty, monkeypatch
):
    """And leaves nothing of what it had decided."""
    monkeypatch.setattr(account, "REMEMBERED_FROM", 1)
    monkeypatch.setattr(apply, "WALKED_MAX", 0)
    await loyalty.deliver(opened("l", 20))
    made = await reserve(loyalty, 5)
    save = Finish.save

    async def longer(connection, commands):
        events = await save(connection, commands)
        needs_longer([command.customer for command in commands])
        return events

    monkeypatch.setattr(Finish, "save", longer)
    monkeypatch.setattr(apply, "JUST_SETTLED", timedelta(days=-1))
    refused = await end(loyalty, made, "confirm")
    assert (refused.status_code, refused.json()["code"]) == (503, "account_not_ready")
    assert (await read(loyalty, made))["state"] == "reserved"
    await loyalty.beside().drain(loyalty.database.worker)
    monkeypatch.setattr(apply, "JUST_SETTLED", timedelta(minutes=1))
    assert (await end(loyalty, made, "confirm")).status_code == 200  # walked, with what follows
    assert await loyalty.invariant_violations() == []
