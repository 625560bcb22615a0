"""What another programme would have given, computed from the topic by a child process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import json

from builders.erasures import erased
from builders.merges import merges
from builders.orders import paid, refund
from builders.rewarded_acts import done, review
from builders.shops import shop_updated
from harness.in_process import SHOP
from harness.loyalty_service import Loyalty, loyalty_service
from harness.producing import produce
from loyalty.replays.kind import REPLAYS
from loyalty.replays.rows import store_result
from loyalty.replays.run import run_next
from mandegar.children import Progress
from mandegar.database import transaction
from mandegar.events import Event
from mandegar.jobs.rows import Job, claim, finish, renew

ONE = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
tiers:
  window_days: 365
  levels:
    - {name: bronze, spend: 0}
    - {name: gold, spend: 15000000, multiplier: 2}
"""
TWO = ONE.replace("points: 1", "points: 3").replace("spend: 15000000", "spend: 5000000").replace("gold", "silver")
EARLY = "2026-01-01T00:00:00Z"
# a: 10,000,000 and then 10,000,000; b: 4,000,000, of which 1,000,000 are given back; c is erased.
EVENTS = [
    paid("o1", customer="a", days=-60),
    paid("o2", customer="g_a", days=-10),
    *merges("g_a", "a"),
    paid("o3", 4_000_000, customer="b", days=-30),
    refund("o3", 1_000_000, customer="b", days=-5),
    paid("o4", customer="c", days=-3),
    erased("c"),
]


@pytest.fixture
async def live(make_database, kafka, topic_prefix) -> AsyncIterator[Callable[..., Any]]:
    """Loyalty that has applied events which are on the topic as well."""
    async with loyalty_service(
        await make_database("loyalty"), kafka_bootstrap=kafka, topic_prefix=topic_prefix, answer_seconds=30
    ) as loyalty:

        async def begin(*events: Event) -> Loyalty:
            assert (await loyalty.put_programme(ONE, effective_from=EARLY)).status_code == 201
            if events:
                await loyalty.deliver(*events)
            await produce(kafka, f"{topic_prefix}ingest.events", events, lambda _: [shop_updated()])
            return loyalty

        yield begin


async def ask(loyalty: Loyalty, **body: Any) -> str:
    answer = await loyalty.ask("POST", "/v1/programme/replays", "programme:write", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def told(loyalty: Loyalty, replay_id: str, scope: str = "programme:write customers:read", **query: str) -> Any:
    answer = await loyalty.get(f"/v1/programme/replays/{replay_id}", scope=scope, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def result_of(loyalty: Loyalty, **body: Any) -> Any:
    replay_id = await ask(loyalty, **body)
    assert await run_next(loyalty.context)
    answer = await told(loyalty, replay_id)
    assert answer["status"] == "done", answer
    return answer["result"]


async def test_a_programme_compared_with_itself_differs_in_nothing(live):
    loyalty = await live(*EVENTS)
    for body in ({"document": ONE}, {"version": 1, "against": 1}, {"version": 1, "from": "2026-10-01T00:00:00Z"}):
        result = await result_of(loyalty, value_per_point="1000", **body)

        assert json.encode(result["before"]) == json.encode(result["after"])
        assert result["before"]["points"]["given"] > 0
        assert (result["difference"], result["winners"], result["losers"]) == ({}, [], [])
        assert (result["gain"], result["lose"], result["tier_moves"]) == (0, 0, [])
        assert all(json.encode(month["before"]) == json.encode(month["after"]) for month in result["months"])


async def test_another_programme_gives_what_was_computed_by_hand(live):
    loyalty = await live(*EVENTS)
    result = await result_of(loyalty, document=TWO, value_per_point="1000")

    # ONE: a 100 and 100, b 40 - 10. TWO: a 300 and, silver by then, 600; b 120 - 30.
    assert (result["customers"], result["orders"], result["revenue"]) == (2, 3, "23000000")
    assert result["before"] == {
        "points": {"given": 240, "taken": 10, "expired": 0, "spent": 0},
        "outstanding": {"available": 230, "pending": 0, "held": 0, "debt": 0},
        "value_per_point": "1000",
        "liability": "230000",
        "cost": "230000",
        "cost_share": "0.01",
        "tiers": {"bronze": 1, "gold": 1},
    }
    assert result["after"]["points"] == {"given": 1020, "taken": 30, "expired": 0, "spent": 0}
    assert result["after"]["cost_share"] == "0.043043"
    assert result["difference"] == {
        "points": {"given": 780, "taken": 20},
        "outstanding": {"available": 760},
        "liability": "760000",
        "cost": "760000",
        "cost_share": "0.033043",
        "tiers": {"gold": -1, "silver": 1},
    }
    assert result["tier_moves"] == [{"before": "gold", "after": "silver", "customers": 1}]
    assert result["winners"] == [
        {"customer_id": "a", "before": 200, "after": 900, "difference": 700},
        {"customer_id": "b", "before": 30, "after": 90, "difference": 60},
    ]
    assert result["losers"] == []
    assert [(month["month"], month["before"]["given"], month["after"]["kept"]) for month in result["months"]] == [
        ("2026-09", 100, 300),
        ("2026-10", 40, 420),
        ("2026-11", 100, 990),
    ]


async def test_what_is_computed_for_the_live_programme_is_what_customers_have(live):
    loyalty = await live(*EVENTS)
    result = await result_of(loyalty, document=TWO)

    balances = [await loyalty.balance(customer) for customer in "ab"]
    assert result["before"]["outstanding"]["available"] == sum(balance["available"] for balance in balances)
    assert result["before"]["cost"] is None


async def test_a_programme_from_an_instant_on_leaves_what_was_before(live):
    loyalty = await live(*EVENTS)
    result = await result_of(loyalty, document=TWO, **{"from": "2026-11-01T00:00:00Z"})

    assert result["orders"] == 1
    assert result["before"]["points"] == {"given": 100, "taken": 10, "expired": 0, "spent": 0}
    assert result["after"]["points"] == {"given": 600, "taken": 10, "expired": 0, "spent": 0}
    assert result["winners"] == [{"customer_id": "a", "before": 100, "after": 600, "difference": 500}]


async def test_months_are_told_of_either_calendar_and_as_csv_and_ids_only_to_who_reads_customers(live):
    loyalty = await live(*EVENTS)
    replay_id = await ask(loyalty, document=TWO)
    path = f"/v1/programme/replays/{replay_id}"
    early = await loyalty.ask("GET", path, "programme:write", headers={"Accept": "text/csv"})
    assert (early.status_code, early.json()["code"]) == (409, "not_done")
    assert await run_next(loyalty.context)

    answer = await told(loyalty, replay_id, "programme:write", calendar="jalali")
    assert [month["month"] for month in answer["result"]["months"]] == ["1405-07", "1405-08"]
    assert [month["orders"] for month in answer["result"]["months"]] == [1, 2]
    assert answer["result"]["winners"][0] == {"before": 200, "after": 900, "difference": 700}
    csv = await loyalty.ask("GET", path, "programme:write", headers={"Accept": "text/csv"})
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.splitlines() == [
        "month,orders,revenue,before_given,before_taken,before_expired,before_spent,before_kept,"
        "after_given,after_taken,after_expired,after_spent,after_kept",
        "2026-09,1,10000000,100,0,0,0,100,300,0,0,0,300",
        "2026-10,1,3000000,40,0,0,0,140,120,0,0,0,420",
        "2026-11,1,10000000,100,10,0,0,230,600,30,0,0,990",
    ]


async def test_a_shop_without_events_has_an_empty_result(live):
    loyalty = await live()
    result = await result_of(loyalty, document=TWO, value_per_point=5)

    assert (result["customers"], result["orders"], result["revenue"], result["months"]) == (0, 0, "0", [])
    assert (result["difference"], result["before"]["cost_share"]) == ({}, None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"document": ONE, "version": 1}, 422, "invalid"),
        ({"document": ONE.replace("IRR", "EUR")}, 422, "invalid_programme"),
        ({"document": "version: 1"}, 422, "invalid_programme"),
        ({"document": "\0"}, 422, "invalid_programme"),
        ({"document": "a: [" + "1, " * 10_000 + "1]"}, 422, "invalid_programme"),
        ({"version": 7}, 404, "unknown_version"),
        ({"version": 1, "against": 2}, 404, "unknown_version"),
        ({"document": ONE, "value_per_point": -1}, 422, "invalid"),
        ({"document": ONE, "value_per_point": "NaN"}, 422, "invalid"),
        ({"document": ONE, "from": "yesterday"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_computed_is_refused(loyalty, body, status, code):
    assert (await loyalty.put_programme(ONE, effective_from=EARLY)).status_code == 201
    answer = await loyalty.ask("POST", "/v1/programme/replays", "programme:write", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_one_replay_is_computed_at_a_time_and_a_cancelled_one_ends(live):
    loyalty = await live(*EVENTS)
    first, second, third = [await ask(loyalty, document=TWO) for _ in range(3)]
    fourth = await loyalty.ask("POST", "/v1/programme/replays", "programme:write", json={"document": TWO})
    assert (fourth.status_code, fourth.json()["code"]) == (409, "too_many_replays")

    async with transaction(loyalty.database.worker) as connection:
        job = await claim(connection, REPLAYS, loyalty.clock.now())
    assert job is not None
    assert str(job.id) == first
    assert not await run_next(loyalty.context)  # another process computes the first
    async with transaction(loyalty.database.worker) as connection:
        assert await renew(connection, REPLAYS, job, Progress("reading", 3, 10))
    assert (await told(loyalty, first))["progress"] == {
        "doing": "reading", "done": 3, "total": 10, "per_second": None
    }  # fmt: skip

    for replay_id in (first, second):
        answer = await loyalty.ask("POST", f"/v1/programme/replays/{replay_id}/cancel", "programme:write")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    async with transaction(loyalty.database.worker) as connection:
        assert not await renew(connection, REPLAYS, job, Progress("reading", 4, 10))
        assert not await finish(connection, REPLAYS, job, loyalty.clock.now())
    assert (await told(loyalty, first))["status"] == "cancelled"

    assert await run_next(loyalty.context)
    assert (await told(loyalty, third))["status"] == "done"
    again = await loyalty.ask("POST", f"/v1/programme/replays/{third}/cancel", "programme:write")
    assert (again.status_code, again.json()["status"]) == (200, "done")


async def test_a_replay_that_is_cancelled_while_it_is_computed_is_ended(live, monkeypatch):
    loyalty = await live(*EVENTS)
    replay_id = await ask(loyalty, document=TWO)
    running = asyncio.create_task(run_next(loyalty.context))
    while (await told(loyalty, replay_id))["status"] == "waiting":
        await asyncio.sleep(0.01)
    await loyalty.ask("POST", f"/v1/programme/replays/{replay_id}/cancel", "programme:write")

    assert await asyncio.wait_for(running, 30)
    answer = await told(loyalty, replay_id)
    assert (answer["status"], answer["result"]) == ("cancelled", None)


async def test_a_replay_whose_process_ended_begins_again_and_is_given_up_after_three_times(live):
    loyalty = await live(*EVENTS)
    replay_id = await ask(loyalty, document=TWO)
    worker = loyalty.database.worker
    for attempt in (1, 2):
        async with transaction(worker) as connection:
            job = await claim(connection, REPLAYS, loyalty.clock.now())
        assert job is not None
        assert job.attempt == attempt
        await worker.execute("UPDATE replays SET leased_until = clock_timestamp() - interval '1 s'")
    assert await run_next(loyalty.context)
    assert (await told(loyalty, replay_id))["status"] == "done"

    another = await ask(loyalty, document=TWO)
    await worker.execute("UPDATE replays SET attempt = 3 WHERE status = 'waiting'")
    assert await run_next(loyalty.context)
    answer = await told(loyalty, another)
    assert answer["status"] == "failed"
    assert "ended 3 times" in answer["failure"]


async def test_of_a_customer_who_is_erased_meanwhile_nothing_is_stored(live):
    loyalty = await live(*EVENTS[:2])
    await ask(loyalty, document=TWO)
    async with transaction(loyalty.database.worker) as connection:
        job = await claim(connection, REPLAYS, loyalty.clock.now())
    assert isinstance(job, Job)
    await loyalty.deliver(erased("g_a"))
    changed = [{"customer_id": name, "before": 1, "after": 2} for name in ("a", "g_a", "unheard-of")]
    async with transaction(loyalty.database.worker) as connection:
        await store_result(connection, job, "{}", "{}", changed)

    assert [row[0] for row in await loyalty.database.worker.fetch("SELECT customer_id FROM replay_customers")] == ["a"]
    await loyalty.deliver(erased("a"))
    assert await loyalty.database.worker.fetch("SELECT * FROM replay_customers") == []


async def test_another_shop_sees_no_replay_and_old_ones_are_deleted(live):
    loyalty = await live(*EVENTS)
    replay_id = await ask(loyalty, document=TWO)
    for path in (replay_id, str(uuid4())):
        answer = await loyalty.get(f"/v1/programme/replays/{path}", scope="programme:write", shop="s2")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_replay")
    await run_next(loyalty.context)

    [expiry] = [each for each in loyalty.service.expiries if each.what == "replays"]
    for days, deleted in ((89, 0), (91, 1), (91, 0)):
        async with transaction(loyalty.database.worker) as connection:
            now = loyalty.clock.now() + timedelta(days=days)
            assert await expiry.delete(connection, now, loyalty.context.settings) == deleted
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM replay_customers WHERE shop = $1", SHOP) == 0


CLUB = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
acts:
  - {name: story, on: act.done, act: story, points: 20}
  - {name: review, on: review.submitted, points: 50}
budgets: [{name: stories, points: 50, per: month, of: [story]}]
spend: {value: 1000}
"""


def acts_of_november() -> list[Event]:
    """Four stories of three customers, and a review."""
    people = ["a", "b", "a", "c"]
    stories = [done("story", f"s{day}", customer=who, days=day) for day, who in enumerate(people, start=1)]
    return [*stories, review("p", customer="b", days=2), paid("o1", customer="a", days=1)]


async def test_acts_are_read_again_and_budgets_end_for_either_programme_by_itself(live):
    loyalty = await live()
    assert (await loyalty.put_programme(CLUB)).status_code == 201
    loyalty.clock.advance(timedelta(days=10))
    events = acts_of_november()
    await loyalty.deliver(*events)
    settings = loyalty.context.settings
    await produce(settings.kafka_bootstrap, f"{settings.topic_prefix}ingest.events", events, lambda _: [])
    richer = CLUB.replace("points: 50, per: month", "points: 30, per: month").replace("value: 1000", "value: 2000")
    result = await result_of(loyalty, document=richer + "guards: {cost_share: 2, liability: 300000}\n")

    # An order of 100 points, a review of 50, and of four stories as many as the budget has.
    assert (result["before"]["points"]["given"], result["after"]["points"]["given"]) == (200, 180)
    assert (result["before"]["liability"], result["after"]["liability"]) == ("200000", "360000")
    assert result["budgets"]["before"] == [
        {"budget": "stories", "per": "month", "periods": 1, "given": 50, "refused": 30,
         "ended": [{"period": "2026-11", "day": "2026-11-25"}]},
    ]  # fmt: skip
    assert [each["ended"][0]["day"] for each in result["budgets"]["after"]] == ["2026-11-24"]
    assert result["guards"] == [
        {"guard": "liability", "limit": "300000", "found": "360000", "broken": True},
        {"guard": "cost_share", "limit": "0.02", "found": "0.036", "broken": True},
    ]
    balances = [await loyalty.balance(customer) for customer in "abc"]
    assert result["before"]["outstanding"]["available"] == sum(balance["available"] for balance in balances)

    same = await result_of(loyalty, document=CLUB, **{"from": "2026-11-22T09:00:00Z"})
    assert json.encode(same["before"]) == json.encode(same["after"])
    assert (same["difference"], same["winners"], same["losers"]) == ({}, [], [])
    assert same["budgets"]["before"] == same["budgets"]["after"]
