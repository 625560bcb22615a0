"""Two shops at one door, of which one sends all it can: each has its share, and neither waits for the other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from builders.bodies import order_body
from harness.ingest_service import SETTINGS, SHOP, Ingest, ingest_service
from harness.locking import until_waiting
from harness.waiting import eventually
from mandegar.database import transaction

MODEST = "modest"


@pytest.fixture
async def modest(ingest) -> str:
    """The key of a source of a second shop."""
    return await make_shop(ingest, MODEST)


async def make_shop(ingest: Ingest, shop: str) -> str:
    made = await ingest.ask("PUT", f"/v1/shops/{shop}", shop=shop, json=SETTINGS)
    assert made.status_code == 200, made.text
    answer = await ingest.ask("POST", "/v1/sources", shop=shop, json={"name": "a source"})
    key: str = answer.json()["key"]
    return key


def batch(name: str, size: int) -> list[dict[str, object]]:
    return [order_body({"order_id": f"{name}-{number}"}, id=f"{name}-{number}") for number in range(size)]


async def test_one_request_of_a_shop_does_not_wait_behind_all_requests_of_another(ingest, modest):
    answered: list[str] = []

    async def send(name: str, size: int, key: str | None = None) -> None:
        answer = await ingest.send(batch(name, size), key=key)
        assert answer.status_code == 202, answer.text
        answered.append(name)

    async with transaction(ingest.database.worker) as blocking:
        await blocking.execute("LOCK TABLE outbox IN SHARE MODE")
        greedy = [asyncio.create_task(send(f"greedy-{number}", 500)) for number in range(12)]
        await until_waiting(ingest.database.worker, 1)
        await eventually(lambda: ingest.context.commits.room.held >= 5_000, bool)
        late = asyncio.create_task(send(MODEST, 1, modest))
        await eventually(lambda: ingest.context.commits.room.held % 500 == 1, bool)
    await asyncio.gather(late, *greedy)

    # One flush was under way, and the next is divided.
    assert answered.index(MODEST) <= 2, answered


async def test_a_shop_that_takes_all_it_may_is_refused_alone(ingest, modest):
    (arrival,) = ingest.arrivals([order_body()])
    room = ingest.context.commits.room
    while room.has(arrival.source, 100):
        room.take(arrival.source, 100)
    greedy = await asyncio.gather(*(ingest.send(batch(f"g{number}", 200)) for number in range(5)))
    others = await asyncio.gather(*(ingest.send(batch(f"m{number}", 200), key=modest) for number in range(5)))

    assert {(answer.status_code, answer.json()["code"]) for answer in greedy} == {(503, "busy")}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in greedy)
    assert {answer.status_code for answer in others} == {202}
    room.give_back(arrival.source, room.held)
    assert (await ingest.send(batch("greedy", 200))).status_code == 202


async def test_a_browser_source_does_not_take_the_room_of_its_shops_server(ingest):
    browser = (await ingest.make_source(trust="browser"))["source_id"]
    (arrival,) = ingest.arrivals([order_body()])
    room = ingest.context.commits.room
    greedy = replace(arrival.source, id=browser)
    while room.has(greedy, 100):
        room.take(greedy, 100)

    assert (await ingest.send(batch("server", 1_000))).status_code == 202
    room.give_back(greedy, room.held)


@pytest.mark.parametrize("settings", [{"source_bytes_per_second": 1_000.0, "rate_burst_seconds": 1.0}])
async def test_bytes_are_limited_before_they_are_read(make_database, settings):
    async with ingest_service(await make_database("ingest"), **settings) as ingest:
        assert (await ingest.send(batch("first", 20))).status_code == 202

        read = 0

        async def body() -> AsyncIterator[bytes]:
            nonlocal read
            for _ in range(5):
                read += 1
                yield b" " * 1_000

        headers = {"Authorization": f"Bearer {ingest.key}", "Content-Type": "application/json"}
        refused = await ingest.client.post("/v1/events", content=body(), headers={**headers, "Content-Length": "5000"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_events")
        assert int(refused.headers["retry-after"]) >= 1
        assert read == 0


async def test_every_answer_says_what_is_left(ingest):
    accepted = await ingest.send(batch("first", 100))

    assert accepted.headers["ratelimit-policy"].startswith('"events";q=20000;w=10, "bytes";q=')
    assert accepted.headers["ratelimit"].startswith('"events";r=19900;t=1')


async def test_a_shops_limit_does_not_touch_another_shop(make_database):
    limits = {"shop_events_per_second": 10.0, "rate_burst_seconds": 10.0}
    async with ingest_service(await make_database("ingest"), **limits) as ingest:
        modest = await make_shop(ingest, MODEST)
        assert (await ingest.send(batch("a", 100))).status_code == 202
        assert (await ingest.send(batch("b", 100))).status_code == 429
        assert (await ingest.send(batch("c", 100), key=modest)).status_code == 202
        assert (await ingest.ask("GET", "/v1/sources", shop=SHOP)).status_code == 200
