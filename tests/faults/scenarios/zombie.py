"""The zombie: an owner frozen with a batch in hand in a backlog, and a broker frozen when it thaws.

Nobody can tell the zombie that its partitions have another owner by now, so its batch goes to the database. That is
the only run in which nothing but the compare-and-swap of the offsets stands between a batch and its second effect.
"""

import asyncio
import re
from collections.abc import Callable

from faults.drill import Drill
from faults.members import Member
from faults.scenario import Scenario
from mandegar.failpoints import StreamFailpoint
from mandegar.http_client import HttpClient

FREEZES_WITHIN_SECONDS = 40.0
TAKEN_OVER_SECONDS = 40.0
# It has polled a batch and not yet asked the database for anything.
FREEZE = f"{StreamFailpoint.BATCH_AFTER_POLL}:stop"


async def the_offset_fence_refuses(drill: Drill) -> None:
    stack = drill.stack
    zombie = stack.replica("loyalty").worker
    await zombie.end()
    async with drill.load(rate=400, events=4000, customers=300):
        await asyncio.sleep(1)
    async with drill.fault("freeze with a batch in hand", zombie.name):
        zombie.start(FAILPOINT=FREEZE)
        await _until(lambda: zombie.frozen, FREEZES_WITHIN_SECONDS, "the owner never polled a batch")
        heir = stack.add("loyalty")
        before = await _offsets(drill)
        await _until_taken_over(drill, before)
    async with drill.fault("freeze at the thaw", "broker"):
        stack.broker.freeze()
        zombie.thaw()
        await asyncio.sleep(5)
        conflicts = await _conflicts(zombie)
        stack.broker.thaw()
    drill.figures["partitions refused by the fence"] = conflicts
    drill.expect(conflicts > 0, "the zombie's batch never met the offset fence: this run proves nothing")
    await stack.remove(heir)


async def _offsets(drill: Drill) -> dict[int, int]:
    rows = await drill.stack.fetch(
        "loyalty", "SELECT partition, next_offset FROM offsets WHERE topic = 'ingest.events'"
    )
    return {row["partition"]: row["next_offset"] for row in rows}


async def _until_taken_over(drill: Drill, before: dict[int, int]) -> None:
    """Every partition with a backlog has moved: the zombie's stand elsewhere than it believes."""

    async def moved() -> bool:
        now = await _offsets(drill)
        return all(now[partition] > offset for partition, offset in before.items())

    for _ in range(int(TAKEN_OVER_SECONDS / 0.5)):
        if await moved():
            return
        await asyncio.sleep(0.5)
    drill.expect(False, f"the frozen owner's partitions found no other within {TAKEN_OVER_SECONDS:.0f} s")


async def _until(holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(otherwise)


async def _conflicts(member: Member) -> int:
    """What the member itself counts."""
    async with HttpClient(timeout=5) as http:
        text = (await http.get(f"{member.url}/metrics")).text
    return sum(
        int(float(n)) for n in re.findall(r"^offset_cas_conflicts_total\{[^}]*\} ([\d.e+]+)$", text, re.MULTILINE)
    )


SCENARIOS = [
    Scenario(
        "zombie", "an owner frozen with a batch, a broker frozen at its thaw", the_offset_fence_refuses, own_stack=True
    )
]
