"""F9: PostgreSQL is stopped without a checkpoint, loses a backend to kill -9, and stays away as in a failover."""

import asyncio
import signal

from faults.drill import Drill
from faults.nemesis import kill_a_backend
from faults.scenario import Scenario

AWAY_SECONDS = 20.0


async def database_goes_and_comes(drill: Drill) -> None:
    database = drill.stack.database
    restarts = sum(member.restarts for member in drill.stack.members)
    async with drill.load(rate=50, seconds=45) as tally:
        await asyncio.sleep(3)
        async with drill.fault("stop -m immediate", "postgres"):
            await database.kill(signal.SIGQUIT)
            await database.start()
        await asyncio.sleep(4)
        async with drill.fault("kill -9 of a backend", "postgres"):
            await kill_a_backend(drill)
        await asyncio.sleep(4)
        async with drill.fault(f"away for {AWAY_SECONDS:.0f} s", "postgres"):
            await database.kill(signal.SIGQUIT)
            await asyncio.sleep(AWAY_SECONDS)
            await database.start()
    wrong = {code: count for code, count in tally.statuses.items() if code not in {202, 422, 503}}
    drill.expect(not wrong, f"answers other than 202, 422 and 503: {wrong}")
    drill.figures["services ended"] = sum(member.restarts for member in drill.stack.members) - restarts


SCENARIOS = [
    Scenario("F9", "database stopped at once, a backend killed, away for 20 s", database_goes_and_comes, short=True)
]
