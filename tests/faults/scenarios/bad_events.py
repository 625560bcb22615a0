"""F16: a fifth of what comes in is bad in every way. Each gets its code, the good ones beside it are none the worse."""

import asyncio

from faults.drill import Drill
from faults.scenario import Scenario


async def a_fifth_is_bad(drill: Drill) -> None:
    async with drill.load(rate=80, seconds=15, bad=0.2) as tally:
        await asyncio.sleep(15)
    drill.expect(set(tally.statuses) <= {202, 422}, f"answers other than 202 and 422: {dict(tally.statuses)}")
    drill.expect(not tally.unknown, f"{tally.unknown} requests had no answer though nothing was broken")
    drill.figures["quarantined"], drill.figures["rejected"] = tally.results["quarantined"], tally.results["rejected"]
    drill.figures["p99 ms"] = round(sorted(tally.latencies)[int(len(tally.latencies) * 0.99)] * 1000)


SCENARIOS = [Scenario("F16", "a fifth of the events is bad in every way", a_fifth_is_bad, short=True)]
