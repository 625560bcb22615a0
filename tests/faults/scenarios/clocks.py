"""F15: services disagree by ten minutes, and clocks step back in a restart. Ids stay unique, nothing runs twice."""

import asyncio
from datetime import UTC, datetime, timedelta

from faults.drill import Drill
from faults.scenario import Scenario

SKEW_MINUTES = {"ingest": 10, "loyalty": -10, "churn": 5, "notify": 0}


async def clocks_disagree(drill: Drill) -> None:
    async with drill.load(rate=40, seconds=60):
        for sign in (1, -1):  # the second time every clock steps the other way, most of them backwards
            for service, minutes in SKEW_MINUTES.items():
                async with drill.fault(f"clock {sign * minutes:+d} min", service):
                    await drill.stack.replica(service).restart(MANDEGAR_CLOCK=_clock(sign * minutes))
            await drill.stack.wait_ready()
            await asyncio.sleep(8)
    for service in SKEW_MINUTES:
        await drill.stack.replica(service).restart()
    await drill.stack.wait_ready()


def _clock(minutes: int) -> str:
    now = datetime.now(UTC)
    return f"{(now + timedelta(minutes=minutes)).isoformat()}@{now.timestamp()!r}"


SCENARIOS = [Scenario("F15", "clocks ten minutes apart, stepping back", clocks_disagree, own_stack=True)]
