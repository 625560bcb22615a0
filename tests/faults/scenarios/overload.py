"""F19 and F20: more than the stack can take, and everything about one customer."""

import asyncio
import time

from faults.drill import Drill
from faults.scenario import Scenario

OVERLOAD_SECONDS = 40.0


async def three_times_too_much(drill: Drill) -> None:
    """As fast as eight connections go; refusals come with Retry-After, nobody dies, the backlog drains."""
    restarts = sum(member.restarts for member in drill.stack.members)
    async with drill.load(
        rate=3000, events=12_000, customers=1500, seconds=OVERLOAD_SECONDS, batches=(50, 100)
    ) as tally:
        began = time.monotonic()
        async with drill.fault("overload", "ingest"):
            while tally.events < 12_000 and time.monotonic() - began < OVERLOAD_SECONDS:
                await asyncio.sleep(0.5)
    drill.figures["taken events/s"] = round(tally.events / (time.monotonic() - began))
    wrong = {code: count for code, count in tally.statuses.items() if code not in {202, 422, 429, 503}}
    drill.expect(not wrong, f"answers other than 202, 422, 429 and 503: {wrong}")
    died = sum(member.restarts for member in drill.stack.members) - restarts
    drill.expect(died == 0, f"{died} processes ended under load")


async def one_hot_customer(drill: Drill) -> None:
    deadlocks = await _deadlocks(drill)
    async with drill.load(rate=200, events=4000, hot=0.5):
        await asyncio.sleep(10)
    drill.expect(await _deadlocks(drill) == deadlocks, "there were deadlocks")


async def _deadlocks(drill: Drill) -> int:
    rows = await drill.stack.fetch("ingest", "SELECT sum(deadlocks)::int AS n FROM pg_stat_database")
    return int(rows[0]["n"])


SCENARIOS = [
    Scenario("F19", "three times what it can take, then nothing", three_times_too_much, quiet_seconds=120),
    Scenario("F20", "half of everything about one customer", one_hot_customer, quiet_seconds=90),
]
