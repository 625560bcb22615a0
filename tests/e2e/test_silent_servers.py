"""Kafka and PostgreSQL fall silent under views that are asked each second: SIGSTOP, which keeps every connection open.

Nothing ends, every view says within seconds what is wrong, every answer is bounded, and after the thaw everything that
was posted is applied once.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from e2e.conftest import Door
from e2e.test_order_to_balance import balances, order
from harness.databases import service_database
from harness.freezing import frozen, own_kafka, own_postgres
from harness.processes import Process, client, service_process
from harness.views import Watch, each_second, watching
from harness.waiting import eventually
from mandegar.http_client import HttpClient
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics

SILENT_SECONDS = float(os.environ.get("SILENT_SECONDS", "9"))
# Until a view must tell the truth; until an answer must be there; each with what a busy machine may add.
TRUTH_SECONDS = 6.0
ANSWER_SECONDS = 5.0
PROVIDERS = {"MANDEGAR_SMTP_URL": "smtp://127.0.0.1:9", "MANDEGAR_SMS_URL": "http://127.0.0.1:9"}


@dataclass
class House:
    """The four services on servers that nobody else uses."""

    services: list[Process]
    kafka_pid: int
    postgres_pid: int
    pids: list[int]

    @property
    def ingest(self) -> Process:
        return self.services[0]

    @property
    def loyalty(self) -> Process:
        return self.services[1]

    def nothing_ended(self) -> bool:
        return [process.pid for process in self.services] == self.pids and all(
            process.child is not None and process.child.poll() is None for process in self.services
        )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        postgres, postgres_pid = stack.enter_context(own_postgres(tmp_path / "postgres"))
        kafka, kafka_pid = stack.enter_context(own_kafka(tmp_path / "kafka"))
        await create_topics(Broker(kafka))
        services = []
        for name in ("ingest", "loyalty", "churn", "notify"):
            database = await stack.enter_async_context(service_database(postgres, name))
            extra = {**PROVIDERS, "MANDEGAR_SMS_API_KEY": "key"} if name == "notify" else {}
            log = tmp_path / f"{name}.log"
            services.append(
                await stack.enter_async_context(service_process(database, kafka, "", log, ready=False, **extra))
            )
        await asyncio.gather(*(service.ready() for service in services))
        yield House(services, kafka_pid, postgres_pid, [service.pid for service in services])


async def posts(watch: Watch, door: Door, first: int, enough: asyncio.Event) -> list[int]:
    """Post one order each second until there are ``enough``; the numbers of those that were accepted."""
    accepted = []
    for number in count(first):
        if enough.is_set():
            break
        body = order(number, f"c-{first}")
        seen, _ = await asyncio.gather(
            watch.ask(door.http, "ingest", "/v1/events", "POST", json=body), asyncio.sleep(1)
        )
        if seen.status == 202:
            accepted.append(number)
    return accepted


async def all_is_well(house: House) -> None:
    async with HttpClient() as http:
        for service in house.services:

            async def told(service: Process = service) -> dict[str, object]:
                return (await http.get(f"{service.url}/readyz")).json()

            await eventually(told, lambda told: told["ready"] and not told["degraded"], seconds=40)


@pytest.mark.timeout(400)
async def test_every_view_tells_the_truth_of_a_silent_server_and_nothing_ends(house, make_door):
    door = await make_door(house.ingest)
    await all_is_well(house)
    await door.post(order(1, "c-1"))

    await kafka_falls_silent(house, door)
    await postgres_falls_silent(house, door)


async def kafka_falls_silent(house: House, door: Door) -> None:
    enough = asyncio.Event()
    async with watching(house.services) as watch:
        posting = asyncio.create_task(posts(watch, door, 1000, enough))
        await asyncio.sleep(2)
        with frozen(house.kafka_pid):
            silent_at = watch.now
            await asyncio.sleep(SILENT_SECONDS)
            in_silence = watch.since(silent_at)
            late = [seen for seen in watch.since(silent_at + TRUTH_SECONDS) if seen.at < watch.now - 1]
        await all_is_well(house)
        enough.set()
        accepted = await posting
    report("Kafka", silent_at, watch)

    assert house.nothing_ended()
    assert {(seen.view == "/v1/events", seen.status) for seen in in_silence} == {(False, 200), (True, 202)}
    assert max(seen.seconds for seen in watch.seen) < ANSWER_SECONDS
    assert late
    for seen in late:
        match seen.view:
            case "/readyz":
                assert "degraded kafka: Kafka does not answer" in seen.said, seen
            case "/metrics":
                assert "kafka_up=0 database_up=1 service_ready=1 kafka_consumer_lag_records=NaN" in seen.said, seen
            case "/v1/stream":
                assert set(seen.said.split()) == {"lag", "null/null"}, seen
    await applied_once(house, "c-1000", accepted)


async def postgres_falls_silent(house: House, door: Door) -> None:
    enough = asyncio.Event()
    async with client(house.loyalty) as loyalty, watching(house.services) as watch:
        posting = asyncio.create_task(posts(watch, door, 2000, enough))
        reading = asyncio.create_task(each_second(watch, loyalty, "loyalty", "/v1/customers/c-1000/balance"))
        await asyncio.sleep(2)
        with frozen(house.postgres_pid):
            silent_at = watch.now
            await asyncio.sleep(SILENT_SECONDS)
            work = [seen for seen in watch.since(silent_at + 0.5) if seen.view not in ("/readyz", "/metrics")]
            late = [seen for seen in watch.since(silent_at + TRUTH_SECONDS) if seen.at < watch.now - 1]
        await all_is_well(house)
        enough.set()
        await posting
        reading.cancel()
    report("PostgreSQL", silent_at, watch)

    assert house.nothing_ended()
    assert {(seen.status, seen.retry_after) for seen in work} == {(503, "2")}
    assert max(seen.seconds for seen in watch.seen) < ANSWER_SECONDS
    assert late
    for seen in late:
        match seen.view:
            case "/readyz":
                assert (seen.status, "database: the database does not answer" in seen.said) == (503, True), seen
            case "/metrics":
                assert "kafka_up=1 database_up=0 service_ready=0" in seen.said, seen
                assert "outbox_rows=NaN" in seen.said, seen
    # What was refused may have been stored all the same: sent again, each order counts once.
    posted = range(2000, 2000 + len(watch.since(0, "/v1/events")))
    results = await door.post(*(order(number, "c-2000") for number in posted))
    assert {result["status"] for result in results} <= {"accepted", "duplicate"}
    await applied_once(house, "c-2000", posted)


async def applied_once(house: House, customer: str, orders: Sequence[int]) -> None:
    expected = {customer: 10 * len(orders)}
    async with client(house.loyalty) as http:
        await eventually(lambda: balances(http, [customer]), lambda seen: seen == expected, seconds=40)


def report(name: str, silent_at: float, watch: Watch) -> None:
    slowest = max(watch.seen, key=lambda seen: seen.seconds)
    print(f"\n{name} silent from {silent_at:.1f} s on, for {SILENT_SECONDS:.0f} s")
    print("\n".join(watch.table()))
    print(f"slowest of {len(watch.seen)} answers: {slowest.service} {slowest.view} {slowest.seconds:.2f} s")
