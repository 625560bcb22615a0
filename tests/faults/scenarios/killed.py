"""F2: services are killed, any of them, every one to five seconds."""

import asyncio

from faults.drill import Drill
from faults.nemesis import KINDS
from faults.scenario import Scenario

SECONDS = 30.0


async def services_are_killed(drill: Drill) -> None:
    clock = asyncio.get_running_loop().time
    async with drill.load(rate=50, seconds=SECONDS):
        until = clock() + SECONDS
        while clock() < until:
            async with KINDS["service killed"](drill):
                await asyncio.sleep(drill.draw.uniform(1, 5))


SCENARIOS = [Scenario("F2", "random kill -9 of any service each 1-5 s", services_are_killed, short=True)]
