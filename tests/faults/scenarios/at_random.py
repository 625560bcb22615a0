"""The random run: periods of any fault, drawn from the seed, under a mixed load."""

from faults.drill import Drill
from faults.nemesis import haunt
from faults.scenario import Scenario


async def anything_may_break(drill: Drill) -> None:
    async with drill.load(rate=50, seconds=drill.minutes * 60):
        await haunt(drill, drill.minutes * 60)
        await drill.stack.heal()


SCENARIOS = [Scenario("random", "anything, a quarter of the time nothing", anything_may_break, short=True)]
