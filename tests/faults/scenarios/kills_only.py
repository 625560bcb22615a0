"""Kills only: two replicas of each service, a process killed each three to six seconds. No partition stands long."""

import asyncio
import time

from faults.drill import Drill
from faults.scenario import Scenario
from faults.stalls import worst_stalls
from mandegar.events.topics import INGEST_EVENTS
from mandegar_local.ports import SERVICES

SECONDS = 45.0
STALL_SECONDS = 2.0


async def no_partition_stands_for_long(drill: Drill) -> None:
    stack = drill.stack
    for service in SERVICES:
        stack.add(service)
    await stack.wait_ready()
    clock = asyncio.get_running_loop().time
    async with drill.load(rate=80, seconds=SECONDS):
        await asyncio.sleep(3)
        since, until = time.time(), clock() + SECONDS - 6
        while clock() < until:
            member = drill.draw.choice(stack.members)
            async with drill.fault("kill -9", member.name):
                member.kill()
            await asyncio.sleep(drill.draw.uniform(3, 6))
    for service in ("loyalty", "churn", "notify"):
        stalls = await worst_stalls(stack, service, service, INGEST_EVENTS, since=since)
        worst = max(stalls.values())
        drill.figures[f"worst stall of {service} s"] = round(worst.seconds, 2)
        drill.expect(
            worst.seconds < STALL_SECONDS, f"{service}: partition {worst.partition} stood for {worst.seconds:.1f} s"
        )


SCENARIOS = [
    Scenario("kills-only", "two replicas each, kill -9 each 3-6 s", no_partition_stands_for_long, own_stack=True)
]
