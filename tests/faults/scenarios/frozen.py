"""F3: each service frozen for longer than its session, once with the offset rows locked by an open transaction."""

import asyncio

from faults.drill import Drill
from faults.scenario import Scenario
from mandegar.failpoints import StreamFailpoint
from mandegar_local.ports import SERVICES

FROZEN_SECONDS = 15.0
FREEZES_WITHIN_SECONDS = 40.0


async def services_are_frozen(drill: Drill) -> None:
    stack = drill.stack
    heirs = [stack.add(service) for service in ("loyalty", "churn", "notify")]
    await stack.wait_ready()
    async with drill.load(rate=50, seconds=80):
        for service in SERVICES:
            replica = stack.replica(service)
            async with drill.fault(f"freeze for {FROZEN_SECONDS:.0f} s", service):
                replica.freeze()
                await asyncio.sleep(FROZEN_SECONDS)
                replica.thaw()
        await _frozen_in_its_transaction(drill)
    for heir in heirs:
        await stack.remove(heir)


async def _frozen_in_its_transaction(drill: Drill) -> None:
    """The server ends the idle transaction, so that its locks do not keep the next owner waiting."""
    member = drill.stack.replica("loyalty").worker
    async with drill.fault("freeze with the offsets locked", "loyalty"):
        await member.restart(FAILPOINT=f"{StreamFailpoint.BATCH_AFTER_OFFSETS}:stop")
        for _ in range(int(FREEZES_WITHIN_SECONDS / 0.1)):
            if member.frozen:
                break
            await asyncio.sleep(0.1)
        drill.expect(member.frozen, "the lane never held its offset rows")
        await asyncio.sleep(FROZEN_SECONDS)
        member.thaw()


SCENARIOS = [Scenario("F3", "each service frozen 15 s, once with its offsets locked", services_are_frozen)]
