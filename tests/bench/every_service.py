"""All four from the door to balance and score: what they sustain, for how long, and what memory they take meanwhile."""

import asyncio
import time

import psutil

from bench.figures import Measured
from bench.flatness import Samples
from bench.four_services import APPLYING, PROCESSES, FourServices, four_services
from bench.pressure import BATCH, CONNECTIONS, WAITING_MAX, pressure
from bench.stage import Stage

WINDOW_SECONDS = 60.0
FULL_LOAD_SECONDS = 600.0
TENTHS = 10
TOGETHER = "together"
WARM_SECONDS = 15.0
SAMPLE_SECONDS = 0.5
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
        events = min(after.applied[group] - before.applied[group] for group in APPLYING)
        stage.log(f"  waiting {before.waiting:,} at first, {after.waiting:,} at last")
        stage.log(f"  {shares.per_event(events)}")
        assert after.waiting <= WAITING_MAX + IN_FLIGHT, (
            f"the backlog grew from {before.waiting:,} to {after.waiting:,}"
        )
        return [Measured(events / seconds, meter.per_event(events))]


async def measure_full_load(stage: Stage) -> list[Measured]:
    """Events a second of the first and of the tenth minute under the same load, their ratio, and what memory it takes.

    Of memory: that of all processes together, then of each the most and its growth.
    """
    async with four_services(stage, "memory.") as four, pressure(four, stage.log):
        await asyncio.sleep(WARM_SECONDS)
        samples, speeds = await _sample(four, stage.seconds(FULL_LOAD_SECONDS))
    first, last = speeds[0], speeds[-1]
    stage.log(f"  events a second by tenths: {', '.join(f'{speed:,.0f}' for speed in speeds)}")
    found = [Measured(first), Measured(last), Measured(last / first), samples[TOGETHER].measured()[0]]
    return found + [measured for name in PROCESSES for measured in samples[name].measured()]


async def _sample(four: FourServices, seconds: float) -> tuple[dict[str, Samples], list[float]]:
    """Memory by process, and how many events a second everybody applied in each tenth of the time."""
    found = {name: Samples() for name in (*PROCESSES, TOGETHER)}
    processes = {name: psutil.Process(pid) for name, pid in four.pids.items()}
    speeds, applied, looked_at = [], await _applied(four), 0.0
    began = time.monotonic()
    while len(speeds) < TENTHS:
        elapsed = time.monotonic() - began
        resident = {name: process.memory_info().rss for name, process in processes.items()}
        for name, size in (*resident.items(), (TOGETHER, sum(resident.values()))):
            found[name].add(elapsed, size)
        if elapsed >= (len(speeds) + 1) * seconds / TENTHS:
            now = await _applied(four)
            speeds.append((now - applied) / (elapsed - looked_at))
            applied, looked_at = now, elapsed
        await asyncio.sleep(SAMPLE_SECONDS)
    return found, speeds


async def _applied(four: FourServices) -> int:
    look = await four.look()
    return min(look.applied[group] for group in APPLYING)
