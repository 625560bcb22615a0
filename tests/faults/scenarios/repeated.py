"""F17 and F18: what shops do without meaning to: repeat, reorder, come late, and repeat in a storm."""

import asyncio

from faults.drill import Drill
from faults.scenario import Scenario


async def repeated_and_reordered(drill: Drill) -> None:
    """Twice as many duplicates as events, hundreds of places out of order; a refund may come long before its order."""
    async with drill.load(rate=100, seconds=15, duplicates=0.6, reordered_by=600) as tally:
        await asyncio.sleep(15)
    drill.expect(tally.results["duplicate"] > tally.events * 0.4, "hardly any duplicate was called one")
    drill.figures["duplicates"] = tally.results["duplicate"]


async def a_storm_of_repeats(drill: Drill) -> None:
    """The same load from ten senders at once, as a platform does that had no answer in time."""
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as senders:
        tallies = [await senders.enter_async_context(drill.load(rate=40, seconds=15, again=True)) for _ in range(10)]
        await asyncio.sleep(15)
    latencies = sorted(latency for tally in tallies for latency in tally.latencies)
    drill.expect(latencies[-1] < 5, f"an answer took {latencies[-1]:.1f} s; platforms give up after five")
    drill.figures["slowest answer ms"] = round(latencies[-1] * 1000)


SCENARIOS = [
    Scenario("F17", "repeated, reordered, refund before order", repeated_and_reordered, short=True),
    Scenario("F18", "the same from ten senders at once", a_storm_of_repeats),
]
