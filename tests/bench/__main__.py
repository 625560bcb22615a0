"""``make bench``: every figure of one run on one machine, as a ratio to the pass-through limit of that run."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from bench import door, lane, load, passthrough
from harness.databases import service_database
from harness.servers import ROOT, free_port
from mandegar_local.kafka import start_kafka
from mandegar_local.postgres import start_postgres
from mandegar_local.topics import create_topics
from shared.runner import calm_collector

EVENTS = 200_000
DOOR_EVENTS = 50_000
TARGETS = {"loyalty alone": 0.2, "churn alone": 0.2, "door, batches of 100": 0.15}
console = Console()


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """A PostgreSQL that keeps what it commits, and a Kafka."""
    directory = ROOT / ".local" / "bench"
    shutil.rmtree(directory, ignore_errors=True)
    postgres = start_postgres(directory / "postgres", free_port(), fast=False, log=console.log)
    kafka = start_kafka(directory / "kafka", free_port(), controller_port=free_port(), log=console.log)
    try:
        yield postgres.admin_url, kafka.bootstrap
    finally:
        kafka.stop()
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)


async def limit(admin_url: str, kafka: str) -> float:
    """Events a second of the barest lane."""
    await create_topics(kafka, prefix="limit.", partitions=load.PARTITIONS)
    events = list(load.mix(EVENTS))
    await load.produce(kafka, "limit.ingest.events", events)
    admin = await asyncpg.connect(admin_url)
    await admin.execute("CREATE DATABASE passthrough")
    await admin.close()
    url = admin_url.rsplit("/", 1)[0] + "/passthrough"
    total = EVENTS + load.PARTITIONS
    began = time.monotonic()
    await passthrough.drain(kafka, url, "limit.ingest.events", "limit.loyalty.events", load.PARTITIONS, total)
    return total / (time.monotonic() - began)


async def service_alone(admin_url: str, kafka: str, name: str, *, history: bool = False) -> float:
    """Events a second of a service's real lanes."""
    prefix = f"{name}.{'history' if history else 'live'}."
    await create_topics(kafka, prefix=prefix, partitions=load.PARTITIONS)
    await load.produce(kafka, f"{prefix}ingest.events", list(load.mix(EVENTS, history=history)))
    subscription = import_module(f"{name}.main").SERVICE.subscriptions[0]
    async with service_database(admin_url, name) as database:
        total = EVENTS + load.PARTITIONS
        return total / await lane.drain(kafka, prefix, database, subscription, total)


async def measure(admin_url: str, kafka: str) -> dict[str, float]:
    found = {}
    console.log(f"pass-through limit, {EVENTS:,} events")
    found["pass-through limit"] = await limit(admin_url, kafka)
    for name in ("loyalty", "churn"):
        console.log(f"{name} alone, {EVENTS:,} events of the mix")
        found[f"{name} alone"] = await service_alone(admin_url, kafka, name)
    for name in ("loyalty", "churn"):
        console.log(f"{name} alone, {EVENTS:,} events of history in any order")
        found[f"{name} alone, history"] = await service_alone(admin_url, kafka, name, history=True)
    console.log(f"door, {DOOR_EVENTS:,} events in batches of 100")
    await create_topics(kafka, prefix="door.", partitions=load.PARTITIONS)
    async with service_database(admin_url, "ingest") as database:
        log = ROOT / ".local" / "bench" / "ingest.log"
        found["door, batches of 100"] = await door.measure(database, kafka, "door.", log, DOOR_EVENTS)
    return found


def rows(found: dict[str, float]) -> list[dict[str, object]]:
    """The figures as they are kept in ``.local/bench.json``."""
    whole = found["pass-through limit"]
    return [
        {
            "name": name,
            "value": round(value, 1),
            "unit": "events/s",
            "ratio_to_pass_through": round(value / whole, 3),
            "target": TARGETS.get(name),
            "reached": None if name not in TARGETS else value / whole >= TARGETS[name],
        }
        for name, value in found.items()
    ]


def show(found: list[dict[str, object]]) -> None:
    table = Table("what", "events/s", "x limit", "target", "reached")
    for row in found:
        reached = {None: "", True: "yes", False: "no"}[row["reached"]]
        ratio, target = f"{row['ratio_to_pass_through']:.3f}", str(row["target"] or "")
        table.add_row(str(row["name"]), f"{row['value']:,.0f}", ratio, target, reached)
    console.print(table)


def main() -> None:
    calm_collector()
    with servers() as (admin_url, kafka):
        found = rows(uvloop.run(measure(admin_url, kafka)))
    show(found)
    (ROOT / ".local" / "bench.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
