"""Another programme over recorded events, as a child process computes it: how long, and in how much memory."""

import asyncio
import time
from collections.abc import Sequence

import psutil

from bench import load
from bench.figures import Measured
from bench.stage import Stage
from loyalty.comparing.request import Request, Stored, Zone
from loyalty.domain.programme import BEGINNING
from loyalty.programme.document import default_document
from loyalty.replays.run import MODULE, given_of
from mandegar.children import child_lines
from mandegar.kafka.broker import Broker
from mandegar.quantities import to_us

EVENTS = 1_000_000
SECONDS_MAX = 120.0
RESIDENT_MAX_MB = 400.0
_LOOK_SECONDS = 0.25


async def measure(stage: Stage) -> list[Measured]:
    """Seconds until both programmes are compared over a million events, and the child's memory at most."""
    prefix, events = await stage.topics("whatif."), stage.count(EVENTS)
    stage.log(f"  writing {events:,} events")
    await load.produce(stage.kafka, f"{prefix}ingest.events", load.mix(events, history=True))
    richer = default_document("IRR").replace("points: 1", "points: 2")
    request = Request(
        shop=load.SHOP,
        broker=Broker(stage.kafka),
        prefix=prefix,
        partitions=load.PARTITIONS,
        currency="IRR",
        zones=[Zone(BEGINNING, "Asia/Tehran")],
        points_from=None,
        commands=False,
        before=[],
        after=[Stored(1, BEGINNING, richer)],
        now=to_us(load.NOW),
    )
    began = time.monotonic()
    async with child_lines(MODULE, given_of(request)) as told:
        watching = asyncio.create_task(_resident(psutil.Process().children()))
        async for line in told:
            if "result" in line:
                result = line["result"]
        seconds = time.monotonic() - began
        watching.cancel()
        resident = (await asyncio.gather(watching))[0]
    stage.log(f"  {result['customers']:,} customers, {result['orders']:,} orders, {result['events']:,} facts")
    return [Measured(seconds), Measured(resident)]


async def _resident(children: Sequence[psutil.Process]) -> float:
    """The memory of the child that compares at most, in MB, until cancelled."""
    [child] = [each for each in children if "loyalty.comparing" in each.cmdline()]
    most = 0.0
    try:
        while True:
            most = max(most, child.memory_info().rss / 1e6)
            await asyncio.sleep(_LOOK_SECONDS)
    except (asyncio.CancelledError, psutil.NoSuchProcess):
        return most
