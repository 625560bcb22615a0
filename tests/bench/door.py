"""The door under load: each request is answered only when its events are durable. The relay runs beside it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from bench.connection import connect, post, read_statuses
from bench.door_mix import bodies
from bench.figures import Measured
from bench.latency import percentiles
from bench.stage import Stage
from harness.processes import SHOP, Process, client, service_process

EVENTS = 100_000
BATCH = 100
CONNECTIONS = 8
REQUESTS = {32: 15_000, 256: 30_000}
SHOP_SETTINGS = {
    "name": "Bench",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": "shop@example.test",
    "sms_sender": "1000",
}


async def measure(stage: Stage) -> list[Measured]:
    """Events a second in batches of a hundred."""
    async with _door(stage, "door.batches.") as (ingest, key):
        requests = [post("/v1/events", key, body) for body in islice(bodies(BATCH), stage.count(EVENTS) // BATCH)]
        assert ingest.child is not None
        meter, began = stage.meter([ingest.child.pid]), time.monotonic()
        await _send(ingest.url, requests, CONNECTIONS, BATCH)
        events = len(requests) * BATCH
        return [Measured(events / (time.monotonic() - began), meter.per_event(events))]


async def measure_single(stage: Stage) -> list[Measured]:
    """Requests a second, and their times, with one event a request and many connections."""
    found = []
    for connections, full in REQUESTS.items():
        async with _door(stage, f"door.{connections}.") as (ingest, key):
            requests = [post("/v1/events", key, body) for body in islice(bodies(1), stage.count(full))]
            assert ingest.child is not None
            meter, began = stage.meter([ingest.child.pid]), time.monotonic()
            took = await _send(ingest.url, requests, connections, 1)
            found.append(Measured(len(requests) / (time.monotonic() - began), meter.per_event(len(requests))))
            found += percentiles(took)
    return found


async def _send(url: str, requests: Sequence[bytes], connections: int, size: int) -> list[float]:
    """Send all requests over so many connections; the seconds that each took."""
    waiting, statuses, took = iter(requests), Counter[str](), list[float]()

    async def send_in_turn() -> None:
        connection = await connect(url)
        for request in waiting:
            sent = time.monotonic()
            answer = await connection.ask(request)
            took.append(time.monotonic() - sent)
            statuses.update(read_statuses(answer))
        connection.close()

    await asyncio.gather(*(send_in_turn() for _ in range(connections)))
    kept = statuses["accepted"] + statuses["duplicate"]
    assert kept == len(requests) * size, f"of {len(requests) * size} events: {dict(statuses)}"
    return took


@asynccontextmanager
async def _door(stage: Stage, prefix: str) -> AsyncIterator[tuple[Process, str]]:
    """A process of ingest and the key of a source."""
    await stage.topics(prefix)
    async with (
        stage.database("ingest") as database,
        service_process(database, stage.kafka, prefix, stage.directory / f"{prefix}log") as ingest,
    ):
        yield ingest, await source_key(ingest)


async def source_key(ingest: Process) -> str:
    """The key of a new source of a new shop."""
    async with client(ingest) as operator:
        (await operator.put(f"/v1/shops/{SHOP}", json=SHOP_SETTINGS)).raise_for_status()
        source = {"name": "bench", "trust": "server", "record_of_orders": True, "historical": False}
        answer = (await operator.post("/v1/sources", json=source)).raise_for_status()
        key: str = answer.json()["key"]
        return key
