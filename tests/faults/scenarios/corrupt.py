"""Corrupt: one byte of one batch in one partition's log is flipped on disk.

The other partitions go on to their ends, and nothing behind the bad batch is skipped: its partition stands before it.
What the operator does is what this scenario does then: with the broker stopped, put the whole segment back (from a
replica, or from tiered storage); the lanes go on by themselves.
"""

import asyncio
import time
from pathlib import Path

from faults.drill import Drill
from faults.scenario import Scenario
from faults.topics import log_ends
from mandegar.events.topics import INGEST_EVENTS

PARTITION = 3
OTHERS_WITHIN_SECONDS = 60.0
STANDS_SECONDS = 10.0


async def other_partitions_go_on(drill: Drill) -> None:
    stack, loyalty = drill.stack, drill.stack.replica("loyalty").worker
    await loyalty.end()
    async with drill.load(rate=200, events=2500, customers=250):
        await asyncio.sleep(1)
    ends = await _ends(drill)
    await stack.broker.stop()
    segment = _segment(stack.root / "kafka" / "data")
    whole = segment.read_bytes()
    async with drill.fault("flip a byte", f"{INGEST_EVENTS}-{PARTITION}"):
        place = len(whole) // 2
        segment.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        await stack.broker.start()
        loyalty.start()
        await _others_reach_their_ends(drill, ends)
        await asyncio.sleep(STANDS_SECONDS)
        stands = (await _offsets(drill))[PARTITION]
        drill.figures["stands at"], drill.figures["of"] = stands, ends[PARTITION]
        drill.expect(stands < ends[PARTITION], "the partition went over its bad batch")
        await stack.broker.stop()
        segment.write_bytes(whole)
        await stack.broker.start()


async def _others_reach_their_ends(drill: Drill, ends: dict[int, int]) -> None:
    began = time.monotonic()
    while behind := {p for p, at in (await _offsets(drill)).items() if p != PARTITION and at < ends[p]}:
        if time.monotonic() - began > OTHERS_WITHIN_SECONDS:
            drill.expect(False, f"partitions {sorted(behind)} did not go on beside the corrupt one")
            return
        await asyncio.sleep(0.5)
    drill.figures["others at their ends after s"] = round(time.monotonic() - began, 1)


async def _offsets(drill: Drill) -> dict[int, int]:
    rows = await drill.stack.fetch(
        "loyalty",
        "SELECT partition, next_offset FROM offsets WHERE consumer_group = 'loyalty' AND topic = $1",
        INGEST_EVENTS,
    )
    return {row["partition"]: row["next_offset"] for row in rows}


async def _ends(drill: Drill) -> dict[int, int]:
    await asyncio.sleep(3)  # the relay's last rows
    return {p: end for (topic, p), end in (await log_ends(drill.stack.bootstrap)).items() if topic == INGEST_EVENTS}


def _segment(data: Path) -> Path:
    """The last segment that holds anything."""
    return max((data / f"{INGEST_EVENTS}-{PARTITION}").glob("*.log"), key=lambda path: path.stat().st_size)


SCENARIOS = [Scenario("corrupt", "one byte of one batch flipped on disk", other_partitions_go_on, own_stack=True)]
