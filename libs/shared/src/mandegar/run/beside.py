"""Runs the lane beside in a thread, on an event loop and a connection of its own, while anything waits for it.

What a service computes for one customer may take seconds; on the loop of the process it would stop lanes and probes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread
from typing import Any

import uvloop

from mandegar.customers.waiting import count_waiting
from mandegar.database import Pool, is_transient, open_pool, transaction
from mandegar.lanes.beside import Beside
from mandegar.telemetry.logging import logger
from mandegar.wakeup import Wakeup

log = logger(__name__)

# A process learns of its own work at once, and of what another one left behind within this time.
SLEEP_SECONDS = 5.0
RETRY_SECONDS = 1.0
FINISH_SECONDS = 5.0
# What has waited for so long is told by the probes.
LATE_SECONDS = 60.0
# Statements of this lane may concern all that a customer ever bought.
COMMAND_SECONDS = 120.0


class BesideRunner:
    """Works off what waits, until cancelled. ``wake`` is called after something was set aside."""

    def __init__(self, beside: Beside, pool: Pool, url: str, name: str, wake: Wakeup) -> None:
        self._beside, self._pool, self._url, self._name, self._wake = beside, pool, url, name, wake
        # Whether a group is stopped by the dead-letter brake: what waits would become dead letters too.
        self.braked: Callable[[], bool] = lambda: False

    async def run(self) -> None:
        while True:
            self._wake.clear()
            try:
                async with transaction(self._pool) as connection:
                    waiting = await count_waiting(connection)
                if waiting.rows and not self.braked():
                    await in_thread(self._work_off)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("beside_starts_over", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._wake.wait(RETRY_SECONDS if waiting.rows else SLEEP_SECONDS)

    async def check(self) -> str | None:
        """What has waited for too long, or ``None``; an optional check of ``Health``."""
        try:
            async with transaction(self._pool) as connection:
                waiting = await count_waiting(connection)
        except Exception as error:
            if not is_transient(error):
                raise
            return None  # the check of the database tells that it does not answer
        if waiting.age_seconds < LATE_SECONDS:
            return None
        return (
            f"{waiting.rows} events or settlings of {waiting.customers} customers wait for the lane beside, the oldest "
            f"for {waiting.age_seconds:.0f} s"
        )

    async def _work_off(self) -> None:
        """Turns until no customer is free; those of other processes, and those put off, are looked at again later."""
        pool = await open_pool(self._url, name=f"{self._name}-beside", size_max=2, command_seconds=COMMAND_SECONDS)
        try:
            while not self.braked() and await self._beside.turn(pool):
                pass
        finally:
            pool.terminate()


async def in_thread(work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` on an event loop of its own in a thread, and wait for its end; raises its error.

    A cancellation reaches the work at its next await; for what computes meanwhile, nobody waits long.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    inner: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    async def body() -> None:
        inner.append((asyncio.get_running_loop(), asyncio.current_task()))
        await work()

    def end(error: BaseException | None) -> None:
        if not ended.done():
            ended.set_exception(error) if isinstance(error, Exception) else ended.set_result(None)

    def main() -> None:
        failed: BaseException | None = None
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(body())
        except BaseException as error:  # noqa: BLE001  it is raised where the work was started
            failed = error
        with suppress(RuntimeError):  # the process has ended its loop
            loop.call_soon_threadsafe(end, failed)

    Thread(target=main, name="beside", daemon=True).start()
    try:
        await asyncio.shield(ended)
    except asyncio.CancelledError:
        for other, task in inner:
            if task is not None:
                with suppress(RuntimeError):  # it has ended
                    other.call_soon_threadsafe(task.cancel)
        await asyncio.wait({ended}, timeout=FINISH_SECONDS)
        raise
