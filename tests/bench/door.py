"""The door under load, one replica for each core: each request is answered only when its events are durable.

Their workers run beside the doors.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice

from bench.connection import connect, post, read_statuses
from bench.door_mix import bodies
from bench.figures import Measured
from bench.latency import percentiles
from bench.members import MEMBERS, Member, members_of
from bench.stage import Stage
from harness.processes import SHOP, Process, client

EVENTS = 100_000
BATCH = 100
CONNECTIONS = 16
REQUESTS = {32: 15_000, 256: 30_000}
SHOP_SETTINGS = {
    "name": "Bench",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "attributes": {"visits": "number"},
    "sender_email": "shop@example.test",
}


async def measure(stage: Stage) -> list[Measured]:
    """Events a second in batches of a hundred, through two replicas and through one."""
    return [await _in_batches(stage, MEMBERS), await _in_batches(stage, 1)]


async def _in_batches(stage: Stage, members: int) -> Measured:
    async with _door(stage, f"door.{members}.", members) as (doors, key):
        requests = [post("/v1/events", key, body) for body in islice(bodies(BATCH), stage.count(EVENTS) // BATCH)]
        meter, began = stage.meter([pid for door in doors for pid in door.pids.values()]), time.monotonic()
        await _send(doors, requests, CONNECTIONS, BATCH)
        events = len(requests) * BATCH
        return Measured(events / (time.monotonic() - began), meter.per_event(events))


async def measure_single(stage: Stage) -> list[Measured]:
    """Requests a second, and their times, with one event a request and many connections."""
    found = []
    for connections, full in REQUESTS.items():
        async with _door(stage, f"door.{connections}.", MEMBERS) as (doors, key):
            requests = [post("/v1/events", key, body) for body in islice(bodies(1), stage.count(full))]
            meter, began = stage.meter([pid for door in doors for pid in door.pids.values()]), time.monotonic()
            took = await _send(doors, requests, connections, 1)
            found.append(Measured(len(requests) / (time.monotonic() - began), meter.per_event(len(requests))))
            found += percentiles(took)
    return found


async def _send(doors: Sequence[Member], requests: Sequence[bytes], connections: int, size: int) -> list[float]:
    """Send all requests over so many connections, spread evenly; the seconds that each took."""
    waiting, statuses, took = iter(requests), Counter[str](), list[float]()

    async def send_in_turn(door: Member) -> None:
        connection = await connect(door.url)
        for request in waiting:
            sent = time.monotonic()
            answer = await connection.ask(request)
            took.append(time.monotonic() - sent)
            statuses.update(read_statuses(answer))
        connection.close()

    await asyncio.gather(*(send_in_turn(door) for door in islice(cycle(doors), connections)))
    kept = statuses["accepted"] + statuses["duplicate"]
    assert kept == len(requests) * size, f"of {len(requests) * size} events: {dict(statuses)}"
    return took


@asynccontextmanager
async def _door(stage: Stage, prefix: str, members: int) -> AsyncIterator[tuple[Sequence[Member], str]]:
    """So many replicas of ingest and the key of a source."""
    await stage.topics(prefix)
    async with stage.database("ingest") as database, members_of(database, stage, prefix, members) as doors:
        yield doors, await source_key(doors[0].web)


async def source_key(ingest: Process) -> str:
    """The key of a new source of a new shop."""
    async with client(ingest) as operator:
        (await operator.put(f"/v1/shops/{SHOP}", json=SHOP_SETTINGS)).raise_for_status()
        source = {"name": "bench", "trust": "server", "record_of_orders": True, "historical": False}
        answer = (await operator.post("/v1/sources", json=source)).raise_for_status()
        key: str = answer.json()["key"]
        return key
