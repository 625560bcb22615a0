"""Recorded events through one service as replicas, one for each core: how fast, and in how much memory."""

import asyncio
import time
from collections.abc import Sequence

import psutil

from bench import load
from bench.figures import Measured
from bench.flatness import Samples
from bench.members import Member, members_of
from bench.stage import Stage, clock_of_the_load
from harness.databases import ServiceDatabase

EVENTS = 1_000_000
EVENTS_ALONE = 400_000
TELL_SECONDS = 10.0
LOOK_SECONDS = 0.25
_APPLIED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM offsets WHERE (consumer_group, topic) = ($1, $2)"


async def measure(name: str, stage: Stage) -> list[Measured]:
    """Events a second until a million are applied and published, then a worker's memory at most and its growth."""
    return await _through(name, stage, stage.count(EVENTS), "replay")


async def measure_alone(name: str, stage: Stage) -> list[Measured]:
    """The speed alone, over fewer events."""
    return (await _through(name, stage, stage.count(EVENTS_ALONE), "alone"))[:1]


async def _through(name: str, stage: Stage, events: int, row: str) -> list[Measured]:
    prefix = await stage.topics(f"{name}.{row}.")
    stage.log(f"  writing {events:,} events")
    await load.produce(stage.kafka, f"{prefix}ingest.events", load.mix(events))
    clock = clock_of_the_load()
    async with stage.database(name) as database, members_of(database, stage, prefix, MANDEGAR_CLOCK=clock) as members:
        speed, samples = await drained(stage, members, database, events + load.PARTITIONS)
    return [speed, *samples.measured()]


async def drained(
    stage: Stage,
    members: Sequence[Member],
    database: ServiceDatabase,
    total: int,
    look_seconds: float = LOOK_SECONDS,
) -> tuple[Measured, Samples]:
    """From the moment at which every member has its partitions until everything is applied and the outbox is empty."""
    pids = [pid for member in members for pid in member.pids.values()]
    residents, samples = [psutil.Process(member.worker.pid) for member in members], Samples()
    meter, began, told_at = stage.meter(pids), time.monotonic(), 0.0
    first = applied = await database.worker.fetchval(_APPLIED, members[0].name, "ingest.events")
    while applied < total or await database.worker.fetchval("SELECT EXISTS (SELECT 1 FROM outbox)"):
        for member in members:
            member.require_alive()
        await asyncio.sleep(look_seconds)
        elapsed = time.monotonic() - began
        samples.add(elapsed, max(resident.memory_info().rss for resident in residents))
        applied = await database.worker.fetchval(_APPLIED, members[0].name, "ingest.events")
        if elapsed - told_at >= TELL_SECONDS:
            told_at = elapsed
            stage.log(f"  {elapsed:4.0f} s: {applied:,} of {total:,} applied")
    events = total - first
    return Measured(events / (time.monotonic() - began), meter.per_event(events)), samples
