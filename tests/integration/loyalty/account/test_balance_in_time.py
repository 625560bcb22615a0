"""The balance by two clocks: as of an instant, and as it was known at another."""

from datetime import datetime, timedelta
from random import Random
from uuid import uuid5

import pytest
from msgspec.structs import replace

from builders.merges import merges
from builders.orders import paid, refund
from harness.in_process import NOON
from loyalty.account import instants, prospect
from mandegar.events import Event

FIELDS = ("available", "pending", "held", "debt", "lifetime")


def zulu(days: float) -> str:
    return (NOON + timedelta(days=days)).isoformat()


async def asked(loyalty, customer: str = "c", **query: str):
    answer = await loyalty.get(f"/v1/customers/{customer}/balance", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_late_order_counts_from_its_own_time_on_and_what_was_known_before_stays(loyalty):
    await loyalty.deliver(paid("o", days=-20))
    loyalty.clock.advance(timedelta(days=1))
    before = await asked(loyalty, at=zulu(-1), known_at=zulu(0.5))
    await loyalty.deliver(paid("late", days=-30))

    assert (before["available"], before["lifetime"]) == (100, 100)
    assert await asked(loyalty, at=zulu(-1), known_at=zulu(0.5)) == before
    assert (await asked(loyalty, at=zulu(-1)))["available"] == 200
    assert (await asked(loyalty, at=zulu(-1), known_at=zulu(1)))["available"] == 200


async def test_before_the_first_entry_there_was_nothing(loyalty):
    await loyalty.deliver(paid("o", days=-20))
    body = await asked(loyalty, at="2001-01-01T00:00:00Z")

    assert {body[field] for field in FIELDS} == {0}
    assert (body["tier"], body["projected"], body["as_of"]) == ("bronze", False, "2001-01-01T00:00:00Z")


async def test_the_tier_of_then_is_told_unless_what_was_known_is_asked(loyalty):
    await loyalty.deliver(paid("o", 40_000_000, days=-20), refund("o", 40_000_000, days=-5))

    assert (await asked(loyalty, at=zulu(-6)))["tier"] == "silver"
    assert (await asked(loyalty, at=zulu(-4)))["tier"] == "bronze"
    assert (await asked(loyalty, at=zulu(-6), known_at=zulu(0)))["tier"] is None


@pytest.mark.parametrize("walked_max", [100, 0])
async def test_an_instant_to_come_is_answered_as_the_projection_says(loyalty, monkeypatch, walked_max):
    monkeypatch.setattr(prospect, "WALKED_MAX", walked_max)
    await loyalty.deliver(*(paid(f"o{number}", 9_000_000, days=-number * 3) for number in range(6)))
    projection = (await loyalty.get("/v1/customers/c/projection")).json()
    assert len(projection["changes"]) > 10
    for change in projection["changes"]:
        body = await asked(loyalty, at=change["at"])

        assert {field: body[field] for field in FIELDS} == change["balance"]
        assert (body["tier"], body["projected"]) == (change["tier"], True)


async def test_now_by_the_ledger_is_the_live_balance_whatever_happened(loyalty):
    random = Random(5)
    answers: dict[str, object] = {}
    for number in range(30):
        loyalty.clock.advance(timedelta(seconds=1))
        day = -random.randrange(60) + random.randrange(3) / 2
        order = f"o{random.randrange(8)}"
        event = refund(order, 2_000_000, f"r{number}", days=day) if random.random() < 0.3 else paid(
            order, random.randrange(9) * 5_000_000, days=day, version=number + 1, name=f"e{number}")  # fmt: skip
        await loyalty.deliver(event)
        await loyalty.pass_time(days=random.choice([0.25, 1, 9]))
        now, live = loyalty.clock.now().isoformat(), await asked(loyalty)
        for query in ({"at": now}, {"known_at": now}, {"at": now, "known_at": now}):
            body = await asked(loyalty, **query)
            assert {field: body[field] for field in FIELDS} == {field: live[field] for field in FIELDS}
        answers[now] = live
        for then, told in answers.items():
            body = await asked(loyalty, known_at=then)
            assert {field: body[field] for field in FIELDS} == {field: told[field] for field in FIELDS}


async def test_a_past_instant_by_the_ledger_is_what_a_walk_finds(loyalty, monkeypatch):
    """What the ledger adds up to, beside the same customer who heard of everything in time."""
    events = [paid(f"o{number}", number * 7_000_000, days=-40 + number * 5) for number in range(6)]
    events += [refund("o3", 9_000_000, days=-20), refund("o5", 35_000_000, days=-2)]
    await loyalty.deliver(*reversed(events))
    monkeypatch.setattr(instants, "WALKED_MAX", 0)
    for day in range(-45, 1):
        told = [event for event in events if event.time <= NOON + timedelta(days=day)]
        if not told:
            assert {(await asked(loyalty, at=zulu(day)))[field] for field in FIELDS} == {0}
            continue
        twin = f"twin{day}"
        loyalty.clock.set(max([NOON + timedelta(days=day), *(event.time for event in told)]))
        await loyalty.deliver(*(paid_as(event, twin) for event in told))
        loyalty.clock.set(NOON + timedelta(days=1))
        body = await asked(loyalty, at=zulu(day))
        theirs = await loyalty.database.worker.fetchrow(
            "SELECT available, pending, held, debt, lifetime FROM customers WHERE customer_id = $1", twin
        )
        assert {field: body[field] for field in FIELDS} == dict(theirs)
        assert body["tier"] is None


def paid_as(event: Event, customer: str) -> Event:
    return replace(event, id=uuid5(event.id, customer), customer_id=customer)


@pytest.mark.parametrize(
    "query",
    [{"known_at": zulu(0.1)}, {"at": zulu(0), "known_at": zulu(-1)},
     {"at": zulu(401)}, {"at": "9999-12-31T23:59:59-14:00"}]
)  # fmt: skip
async def test_an_instant_of_which_nothing_is_known_is_refused(loyalty, query):
    await loyalty.deliver(paid("o"))
    answer = await loyalty.get("/v1/customers/c/balance", **query)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_instant")


async def test_an_alias_answers_as_the_root_and_nobody_is_unknown(loyalty):
    await loyalty.deliver(paid("o", days=-20), paid("p", customer="d", days=-30))
    loyalty.clock.advance(timedelta(days=1))
    await loyalty.deliver(*merges("d", "c"))

    assert await asked(loyalty, "d", at=zulu(-1)) == await asked(loyalty, "c", at=zulu(-1))
    assert (await asked(loyalty, "d", at=zulu(-1)))["lifetime"] == 200
    assert (await asked(loyalty, "d", at=zulu(-1), known_at=zulu(0.5)))["lifetime"] == 100
    assert (await loyalty.get("/v1/customers/nobody/balance", at=zulu(0))).status_code == 404


async def test_what_is_asked_for_an_instant_has_a_tag(loyalty):
    await loyalty.deliver(paid("o", days=-20))
    first = await loyalty.get("/v1/customers/c/balance", at=zulu(-1))
    again = await loyalty.ask(
        "GET", "/v1/customers/c/balance", params={"at": zulu(-1)}, headers={"If-None-Match": first.headers["etag"]}
    )

    assert (again.status_code, datetime.fromisoformat(first.json()["as_of"])) == (304, NOON - timedelta(days=1))
