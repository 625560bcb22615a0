"""A customer with more orders than can be read through in time, such as a till's "walk-in", keeps nobody waiting."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2

from builders.events import NOON
from builders.events import SHOP as BIG
from builders.orders import historic, paid
from builders.shops import shop_updated, source_closed
from harness.databases import ServiceDatabase
from harness.processes import Process, client, service_process
from harness.producing import PARTITIONS, produce
from harness.waiting import eventually
from mandegar.clock import Clock
from mandegar.events import Event
from mandegar.events.topics import INGEST_EVENTS, partition_key, partition_of

OTHER = "other"
WALK_IN = "walk-in"
HISTORY_DAYS = 350
HOLD_DAYS = 14
IN_TIME_SECONDS = 10.0
ALL_IN_TIME_SECONDS = 30.0
# A transaction that a busy machine keeps waiting is given up as well, but not again and again.
GIVEN_UP_MAX = 2


def neighbours(count: int) -> list[str]:
    """Customers of the other shop whose events lie in the same partition as those of the big one."""
    there = partition_of(partition_key(BIG, WALK_IN), PARTITIONS)
    names = (f"c-{number}" for number in range(1_000))
    return list(
        islice((name for name in names if partition_of(partition_key(OTHER, name), PARTITIONS) == there), count)
    )


def settings_of_both(partition: int) -> Iterator[Event]:
    return (shop_updated(partition + 1, shop=shop) for shop in (BIG, OTHER))


def history(orders: int) -> Iterator[Event]:
    """The walk-in's imported orders, one after the other until yesterday."""
    for number in range(orders):
        days = -1 - HISTORY_DAYS * (orders - number) / orders
        yield historic(f"h-{number}", 1_000_000, days=days, customer=WALK_IN)


@asynccontextmanager
async def serving(database: ServiceDatabase, kafka: str, prefix: str, directory: Path) -> AsyncIterator[Process]:
    """The service, at noon of the day on which the events of the builders happen."""
    log = directory / f"{database.service}.log"
    clock = f"{NOON.isoformat()}@{time.time()}"
    async with service_process(database, kafka, prefix, log, MANDEGAR_CLOCK=clock) as process:
        yield process


async def ask(process: Process, path: str, shop: str) -> tuple[int, Any]:
    """Status and body of an answer; 0 if none came within two seconds."""
    async with client(process, shop=shop) as http:
        try:
            answer = await http.get(path, timeout=2)
        except httpx2.HTTPError:
            return 0, None
        return answer.status_code, answer.json()


async def applied(process: Process) -> int:
    _, body = await ask(process, "/v1/stream", "*")
    return body["groups"][process.name]["applied"].get("order.paid", 0) if body else 0


async def import_history(process: Process, kafka: str, prefix: str, orders: int) -> None:
    """The walk-in's history, to its last order; its source is not closed yet."""
    await produce(kafka, f"{prefix}{INGEST_EVENTS}", history(orders), settings_of_both)
    await eventually(lambda: applied(process), lambda count: count == orders)


def live(count: int) -> list[Event]:
    return [paid(f"l-{number}", 1_000_000, hours=-1, customer=WALK_IN) for number in range(count)]


@dataclass
class Seen:
    """When the neighbour's order and all of the walk-in's were first seen, in seconds, and what was said untruly."""

    neighbour: float = math.inf
    walk_in: float = math.inf
    untrue: list[str] = field(default_factory=list)


async def watch(process: Process, of_neighbour: str, of_walk_in: str, is_complete: Callable[[Any], bool]) -> Seen:
    """Look until both are there or the time is up; the stream is asked first, so what it says must be so behind it."""
    seen, began = Seen(), time.monotonic()
    while (elapsed := time.monotonic() - began) < ALL_IN_TIME_SECONDS and math.isinf(max(seen.neighbour, seen.walk_in)):
        _, said = await ask(process, "/v1/stream", "*")
        ready, _ = await ask(process, "/readyz", "*")
        if math.isinf(seen.neighbour) and (await ask(process, of_neighbour, OTHER))[0] == 200:
            seen.neighbour = time.monotonic() - began
        status, body = await ask(process, of_walk_in, BIG)
        if status == 200 and is_complete(body):
            seen.walk_in = time.monotonic() - began
        elif status == 200 and said and said["groups"][process.name]["lag_records"] == 0:
            seen.untrue.append(f"{elapsed:.1f} s: no lag, but the walk-in's orders are not there")
        if math.isinf(seen.neighbour) and elapsed > IN_TIME_SECONDS and ready == 200:
            seen.untrue.append(f"{elapsed:.1f} s: ready, but the partition stands")
        await asyncio.sleep(0.2)
    return seen


def given_up(process: Process) -> int:
    """How often a transaction was given up and begun again."""
    log = process.log.read_text()
    return log.count("batch_given_up") + log.count("timer_starts_over")


async def test_live_orders_of_a_big_customer_keep_no_neighbour_waiting(make_database, kafka, topic_prefix, tmp_path):
    database, orders, new = await make_database("churn"), 40_000, 200
    async with serving(database, kafka, topic_prefix, tmp_path) as churn:
        await import_history(churn, kafka, topic_prefix, orders)
        await produce(kafka, f"{topic_prefix}{INGEST_EVENTS}", [], lambda partition: [source_closed(partition)])
        imported = "SELECT bool_and(backfill_until IS NULL) FROM customers"
        await eventually(lambda: database.worker.fetchval(imported), bool)

        [other] = neighbours(1)
        await produce(kafka, f"{topic_prefix}{INGEST_EVENTS}", [*live(new), paid("n", shop=OTHER, customer=other)])
        seen = await watch(
            churn,
            f"/v1/customers/{other}/risk",
            f"/v1/customers/{WALK_IN}",
            lambda card: card["orders"]["orders"] == orders + new,
        )

        assert seen.neighbour < IN_TIME_SECONDS, seen
        assert seen.walk_in < ALL_IN_TIME_SECONDS, seen
        assert not seen.untrue
        assert given_up(churn) <= GIVEN_UP_MAX


async def test_the_settling_of_a_big_customer_keeps_no_hold_waiting(make_database, kafka, topic_prefix, tmp_path):
    database, orders, new, hold_ends = await make_database("loyalty"), 7_000, 200, 3.0
    topic, [first, second] = f"{topic_prefix}{INGEST_EVENTS}", neighbours(2)
    async with serving(database, kafka, topic_prefix, tmp_path) as loyalty:
        await import_history(loyalty, kafka, topic_prefix, orders)
        time_there = (Clock.parse(loyalty.environment["MANDEGAR_CLOCK"]).now() - NOON).total_seconds()
        hours = (time_there + hold_ends) / 3600
        held = paid("n", shop=OTHER, customer=first, days=-HOLD_DAYS, hours=hours)
        await produce(kafka, topic, [held], lambda partition: [source_closed(partition)])

        def ended(said: tuple[int, Any]) -> bool:
            return said[0] == 200 and "activate" in {entry["kind"] for entry in said[1]["entries"]}

        await eventually(
            lambda: ask(loyalty, f"/v1/customers/{first}/ledger", OTHER), ended, seconds=hold_ends + IN_TIME_SECONDS
        )
        await eventually(
            lambda: ask(loyalty, f"/v1/customers/{WALK_IN}/ledger?limit=1", BIG), ended, seconds=ALL_IN_TIME_SECONDS
        )

        await produce(kafka, topic, [*live(new), paid("m", shop=OTHER, customer=second)])
        seen = await watch(
            loyalty,
            f"/v1/customers/{second}/balance",
            f"/v1/customers/{WALK_IN}/ledger?limit=1",
            lambda ledger: ledger["entries"][0]["order_id"] == f"l-{new - 1}",
        )

        assert seen.neighbour < IN_TIME_SECONDS, seen
        assert seen.walk_in < ALL_IN_TIME_SECONDS, seen
        assert not seen.untrue
        assert given_up(loyalty) <= GIVEN_UP_MAX
