"""F22: SIGTERM under load, twice in a row, and in the middle of a start. What a member had, another goes on with."""

import asyncio
import signal
import time

from faults.drill import Drill
from faults.members import Member, Replica
from faults.scenario import Scenario
from faults.stalls import worst_stalls
from mandegar.events.topics import INGEST_EVENTS
from mandegar_local.ports import SERVICES

GRACE_SECONDS = 20.0
NEXT_OWNER_SECONDS = 3.0


async def ends_in_order(drill: Drill) -> None:
    stack = drill.stack
    second = {service: stack.add(service) for service in SERVICES}
    await stack.wait_ready()
    async with drill.load(rate=80, seconds=45) as tally:
        await asyncio.sleep(5)
        await _hands_over(drill, second["loyalty"])
        for service in ("ingest", "churn", "notify"):
            await _ends(drill, second[service], "SIGTERM")
        for member in stack.replica("churn").members:
            await _end(drill, member, "SIGTERM twice", twice=True)
            await _ends_while_starting(drill, member)
        stack.replica("churn").start()
        await stack.replica("churn").wait_ready()
    for replica in second.values():
        stack.replicas.remove(replica)
    drill.figures["answers lost by the doors' ends"] = tally.unknown


async def _hands_over(drill: Drill, leaving: Replica) -> None:
    """The partitions of a replica that leaves wait for nobody's session to end."""
    since = time.time()
    await _ends(drill, leaving, "SIGTERM")
    await asyncio.sleep(8)
    stalls = await worst_stalls(drill.stack, "loyalty", "loyalty", INGEST_EVENTS, since=since)
    drill.expect(bool(stalls), "no partition moved after a replica had left")
    worst = max(stalls.values(), default=None)
    if worst is not None:
        drill.figures["next owner after s"] = round(worst.seconds, 2)
        drill.expect(worst.seconds < NEXT_OWNER_SECONDS, f"partition {worst.partition} waited {worst.seconds:.1f} s")


async def _ends(drill: Drill, replica: Replica, what: str) -> None:
    await asyncio.gather(*(_end(drill, member, what) for member in replica.members))


async def _end(drill: Drill, member: Member, what: str, *, twice: bool = False) -> None:
    async with drill.fault(what, member.name):
        if twice:
            member.wanted = False
            member.signal(signal.SIGTERM)
            await asyncio.sleep(0.05)
        code, seconds = await member.end(GRACE_SECONDS)
    drill.expect(code == 0, f"{member.name} ended with {code} on {what}")
    slowest = max(drill.figures.get("slowest end s", 0.0), round(seconds, 2))
    drill.figures["slowest end s"] = slowest


async def _ends_while_starting(drill: Drill, member: Member) -> None:
    """At any moment of a start: before Python is up the signal's own default ends it, behind that the service does."""
    for wait in (0.3, 1.0, 2.0, 3.0):
        async with drill.fault(f"SIGTERM {wait} s into a start", member.name):
            member.start()
            await asyncio.sleep(wait)
            code, _ = await member.end(GRACE_SECONDS)
        drill.expect(code in {0, -signal.SIGTERM}, f"{member.name} ended with {code}, {wait} s into its start")


SCENARIOS = [Scenario("F22", "SIGTERM under load, twice, and into a start", ends_in_order, short=True)]
