"""F25: sessions and members come and go for minutes with 256 file descriptors a process. Nothing grows."""

import asyncio
import resource

import psutil

from faults.drill import Drill
from faults.scenario import Scenario

DESCRIPTORS = 256
ROUNDS = 12
GROWTH_MB = 40.0
GROWTH_DESCRIPTORS = 24


async def nothing_leaks(drill: Drill) -> None:
    stack = drill.stack
    for member in stack.members:
        resource.prlimit(member.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    async with drill.load(rate=40, seconds=ROUNDS * 9):
        await asyncio.sleep(5)
        before = {member.name: _used(member.pid) for member in stack.members}
        for _ in range(ROUNDS):
            for link in ("kafka", "postgres"):
                async with drill.fault("RST", link), stack.network.suffering(link, reset=True):
                    await asyncio.sleep(1)
            await asyncio.sleep(5)
    for member in stack.members:
        megabytes, descriptors = (now - then for now, then in zip(_used(member.pid), before[member.name], strict=True))
        drill.figures[f"{member.name} grew by MB"] = round(megabytes)
        drill.expect(megabytes < GROWTH_MB, f"{member.name} grew by {megabytes:.0f} MB")
        drill.expect(descriptors < GROWTH_DESCRIPTORS, f"{member.name} opened {descriptors:.0f} descriptors more")
        drill.expect(not member.exits, f"{member.name} ended with {member.exits}")


def _used(pid: int) -> tuple[float, float]:
    process = psutil.Process(pid)
    return process.memory_info().rss / 1e6, float(process.num_fds())


SCENARIOS = [
    Scenario("F25", "resets every second with 256 descriptors", nothing_leaks, own_stack=True, quiet_seconds=90)
]
