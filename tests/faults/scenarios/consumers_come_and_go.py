"""F8: the members of a service go from one to four to two and back, every five seconds."""

import asyncio
import signal

from faults.drill import Drill
from faults.members import Member
from faults.scenario import Scenario

STEP_SECONDS = 5.0
STEPS = (3, -2, 2, -1, 1, -3)


async def members_come_and_go(drill: Drill) -> None:
    added: dict[str, list[Member]] = {"loyalty": [], "churn": []}
    async with drill.load(rate=60, seconds=60):
        for step in STEPS:
            for service, members in added.items():
                async with drill.fault(f"{step:+d} members", service):
                    await _change(drill, service, members, step)
            await asyncio.sleep(STEP_SECONDS)


async def _change(drill: Drill, service: str, members: list[Member], step: int) -> None:
    if step > 0:
        members += [drill.stack.add(service) for _ in range(step)]
        return
    for _ in range(-step):
        code, _ = await drill.stack.remove(members.pop())
        # told before Python was up, it ends by the signal itself
        drill.expect(code in {0, -signal.SIGTERM}, f"a member of {service} ended with {code}")


SCENARIOS = [Scenario("F8", "members of a service: 1 to 4 to 2 and back", members_come_and_go, quiet_seconds=90)]
