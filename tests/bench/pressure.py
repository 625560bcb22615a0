"""As much of the mix at the door as four services take: batches of a hundred while little enough waits behind it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bench.connection import connect, post, read_statuses
from bench.door_mix import bodies
from bench.four_services import FourServices

BATCH = 100
CONNECTIONS = 8
WAITING_MAX = 10_000
LOOK_SECONDS = 0.25
TELL_SECONDS = 10.0
BUSY = frozenset({429, 503})


class Pressure:
    """The load: everybody at the door waits while more than ``WAITING_MAX`` records wait anywhere behind it."""

    def __init__(self, four: FourServices, log: Callable[..., None]) -> None:
        self._four, self._log = four, log
        self._open = asyncio.Event()
        self._bodies = bodies(BATCH)

    async def run(self) -> None:
        """Post until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            for _ in range(CONNECTIONS):
                group.create_task(self._post())

    async def _post(self) -> None:
        connection = await connect(self._four.services["ingest"].url)
        while True:
            await self._open.wait()
            request = post("/v1/events", self._four.key, next(self._bodies))
            while (answer := await connection.ask(request)).status in BUSY:
                await asyncio.sleep(1)
            refused = set(read_statuses(answer)) - {"accepted", "duplicate"}
            assert not refused, f"the door did not accept: {refused}"

    async def _watch(self) -> None:
        began = told_at = time.monotonic()
        told = 0
        while True:
            self._four.require_alive()
            look = await self._four.look()
            if look.waiting <= WAITING_MAX:
                self._open.set()
            else:
                self._open.clear()
            now, applied = time.monotonic(), min(look.applied.values())
            if now - told_at >= TELL_SECONDS:
                rate = (applied - told) / (now - told_at)
                self._log(f"  {now - began:4.0f} s: {rate:,.0f} applied everywhere a second, {look.waiting:,} waiting")
                told_at, told = now, applied
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def pressure(four: FourServices, log: Callable[..., None]) -> AsyncIterator[Pressure]:
    """Load beside the block; an error of it is raised in the block."""
    load = Pressure(four, log)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(load.run())
        yield load
        task.cancel()
