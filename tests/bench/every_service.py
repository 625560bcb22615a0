"""All four from the door to balance and score: what they sustain, and what memory they take meanwhile."""

import asyncio
import time

import psutil

from bench.figures import Measured
from bench.flatness import Samples
from bench.four_services import SERVICES, FourServices, four_services
from bench.pressure import BATCH, CONNECTIONS, WAITING_MAX, pressure
from bench.stage import Stage

WINDOW_SECONDS = 60.0
MEMORY_SECONDS = 600.0
WARM_SECONDS = 15.0
SAMPLE_SECONDS = 1.0
# What the door lets in between two looks, doubled by what follows from it.
IN_FLIGHT = 10 * BATCH * CONNECTIONS


async def measure(stage: Stage) -> list[Measured]:
    """Events a second that loyalty and churn and notify have applied, in a window between two looks."""
    async with four_services(stage, "every.") as four, pressure(four, stage.log):
        await asyncio.sleep(WARM_SECONDS)
        before, began = await four.look(), time.monotonic()
        meter, shares = stage.meter(list(four.pids.values())), stage.shares(four.pids)
        await asyncio.sleep(stage.seconds(WINDOW_SECONDS))
        after, seconds = await four.look(), time.monotonic() - began
        events = min(after.applied[group] - before.applied[group] for group in ("loyalty", "churn", "notify"))
        stage.log(f"  waiting {before.waiting:,} at first, {after.waiting:,} at last")
        stage.log(f"  {shares.per_event(events)}")
        assert after.waiting <= WAITING_MAX + IN_FLIGHT, (
            f"the backlog grew from {before.waiting:,} to {after.waiting:,}"
        )
        return [Measured(events / seconds, meter.per_event(events))]


async def measure_memory(stage: Stage) -> list[Measured]:
    """Resident memory at most, and its growth, of each service under the same load for ten minutes."""
    async with four_services(stage, "memory.") as four, pressure(four, stage.log):
        samples = await _sample(four, stage.seconds(MEMORY_SECONDS))
    return [measured for name in SERVICES for measured in samples[name].measured()]


async def _sample(four: FourServices, seconds: float) -> dict[str, Samples]:
    found = {name: Samples() for name in SERVICES}
    processes = {name: psutil.Process(pid) for name, pid in four.pids.items()}
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        for name, process in processes.items():
            found[name].add(elapsed, process.memory_info().rss)
        await asyncio.sleep(SAMPLE_SECONDS)
    return found
