"""A real service's lanes and relay on a backlog: how long until everything is applied and published."""

import asyncio
import time
from importlib import import_module

from bench import load
from bench.figures import Measured
from bench.load import NOW, PARTITIONS
from bench.stage import Stage
from harness.databases import ServiceDatabase
from mandegar.clock import FrozenClock
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.lanes.application import as_process
from mandegar.lanes.lanes import Lanes, LaneSettings
from mandegar.outbox.relay import Relay
from mandegar.stream import Subscription

EVENTS = 200_000


async def measure(name: str, stage: Stage, *, history: bool = False) -> list[Measured]:
    """Events a second of a service's real lanes."""
    prefix = await stage.topics(f"{name}.{'history' if history else 'live'}.")
    events = stage.count(EVENTS)
    await load.produce(stage.kafka, f"{prefix}ingest.events", load.mix(events, history=history))
    subscription = import_module(f"{name}.main").SERVICE.subscriptions[name]
    async with stage.database(name) as database:
        total = events + PARTITIONS
        meter = stage.meter()
        seconds = await drain(stage.kafka, prefix, database, subscription, total)
        return [Measured(total / seconds, meter.per_event(total))]


async def drain(kafka: str, prefix: str, database: ServiceDatabase, subscription: Subscription, total: int) -> float:
    """Seconds until ``total`` records were applied and the outbox is empty."""
    names = TopicNames(prefix)
    relay = Relay(Broker(kafka), database.worker_url, names, PARTITIONS)
    group = f"{prefix}{database.service}"
    process = as_process(subscription, group, PARTITIONS)
    settings = LaneSettings(Broker(kafka), group, f"{group}-0", names)
    lanes = Lanes(settings, database.worker, FrozenClock(NOW), process, on_applied=relay.wake)
    began = time.monotonic()
    tasks = [asyncio.create_task(relay.run()), asyncio.create_task(lanes.run(("ingest.events",)))]
    try:
        while sum(lanes.positions.expected.values()) < total or lanes.busy:
            _raise_failed(tasks)
            await asyncio.sleep(0.02)
        while await database.worker.fetchval("SELECT EXISTS (SELECT 1 FROM outbox)"):
            _raise_failed(tasks)
            await asyncio.sleep(0.02)
        return time.monotonic() - began
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _raise_failed(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()
