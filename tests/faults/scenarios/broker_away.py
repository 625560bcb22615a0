"""F4: the broker dies, ends in order, stays away. Doors answer 202 all the while, and the outbox drains after it."""

import asyncio

from faults.drill import Drill
from faults.scenario import Scenario

AWAY_SECONDS = 15.0
LONG_AWAY_SECONDS = 60.0


async def broker_dies_and_stays_away(drill: Drill) -> None:
    await _without_broker(drill, AWAY_SECONDS)


async def broker_is_away_for_a_minute(drill: Drill) -> None:
    await _without_broker(drill, LONG_AWAY_SECONDS)


async def _without_broker(drill: Drill, seconds: float) -> None:
    broker = drill.stack.broker
    async with drill.load(rate=50, seconds=seconds + 20) as tally:
        async with drill.fault("kill -9", "broker"):
            await broker.kill()
            await broker.start()
        await asyncio.sleep(3)
        async with drill.fault("stop and start", "broker"):
            await broker.stop()
            await broker.start()
        await asyncio.sleep(3)
        async with drill.fault(f"away for {seconds:.0f} s", "broker"):
            await broker.kill()
            await asyncio.sleep(seconds)
            await broker.start()
    refused = {code: count for code, count in tally.statuses.items() if code not in {202, 422}}
    drill.expect(
        not refused and not tally.unknown, f"doors refused while the broker was away: {refused or tally.unknown}"
    )
    drill.figures["slowest answer ms"] = round(max(tally.latencies) * 1000)


SCENARIOS = [
    Scenario("F4", "broker killed, restarted, away for 15 s", broker_dies_and_stays_away, short=True),
    Scenario("F4-long", "broker away for a minute", broker_is_away_for_a_minute, quiet_seconds=90),
]
