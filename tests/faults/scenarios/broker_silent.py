"""F5: the broker is there and says nothing: frozen, then in a black hole. Nobody wedges; all is applied after it."""

import asyncio

from faults.drill import Drill
from faults.scenario import Scenario

SILENT_SECONDS = 20.0


async def broker_says_nothing(drill: Drill) -> None:
    stack = drill.stack
    async with drill.load(rate=50, seconds=60) as tally:
        async with drill.fault(f"freeze for {SILENT_SECONDS:.0f} s", "broker"):
            stack.broker.freeze()
            await asyncio.sleep(SILENT_SECONDS)
            stack.broker.thaw()
        await asyncio.sleep(5)
        async with drill.fault("black hole", "kafka"), stack.network.suffering("kafka", hole="both"):
            await asyncio.sleep(SILENT_SECONDS)
    drill.expect(set(tally.statuses) <= {202, 422}, f"doors depend on a silent broker: {dict(tally.statuses)}")


SCENARIOS = [Scenario("F5", "broker frozen 20 s, black hole 20 s", broker_says_nothing)]
