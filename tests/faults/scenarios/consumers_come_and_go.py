"""F8: the replicas of a service go from one to four to two and back, every five seconds."""

import asyncio
import signal

from faults.drill import Drill
from faults.members import Replica
from faults.scenario import Scenario

STEP_SECONDS = 5.0
STEPS = (3, -2, 2, -1, 1, -3)


async def replicas_come_and_go(drill: Drill) -> None:
    added: dict[str, list[Replica]] = {"loyalty": [], "churn": []}
    async with drill.load(rate=60, seconds=60):
        for step in STEPS:
            for service, replicas in added.items():
                async with drill.fault(f"{step:+d} replicas", service):
                    await _change(drill, service, replicas, step)
            await asyncio.sleep(STEP_SECONDS)


async def _change(drill: Drill, service: str, replicas: list[Replica], step: int) -> None:
    if step > 0:
        replicas += [drill.stack.add(service) for _ in range(step)]
        return
    for _ in range(-step):
        code, _ = await drill.stack.remove(replicas.pop())
        # told before Python was up, it ends by the signal itself
        drill.expect(code in {0, -signal.SIGTERM}, f"a replica of {service} ended with {code}")


SCENARIOS = [Scenario("F8", "replicas of a service: 1 to 4 to 2 and back", replicas_come_and_go, quiet_seconds=90)]
