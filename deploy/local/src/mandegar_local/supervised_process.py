"""A supervised process of the stack: it is started, watched, and restarted with back-off after it ends."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from mandegar_local.children import stop_leftover
from mandegar_local.exit_reason import exit_reason
from mandegar_local.figures import UNKNOWN, Figures
from mandegar_local.stack_error import StackError

_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 10.0
_STEADY_SECONDS = 30.0
_POLL_SECONDS = 0.2
_ABORT_SECONDS = 30.0


class Running(Protocol):
    """A running instance of a process."""

    @property
    def pid(self) -> int | None:
        """The process id; None if it runs in a container."""

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""

    def stop(self) -> None:
        """Shut it down; blocks until it has ended."""


@dataclass(eq=False)
class SupervisedProcess:
    """A process of the stack. `start` blocks until it runs; `ready_url` answers 200 once it is ready.

    `state` is what the screen shows, and `why` the reason for "degraded" and "not ready"; `last_exit` says how it ended
    the last time, if it was restarted. `memory` is in bytes.
    """

    name: str
    start: Callable[[], Running]
    log: Callable[[str], None]
    pid_file: Path
    url: str = ""
    ready_url: str | None = None
    state: str = "waiting"
    why: str = ""
    figures: Figures = UNKNOWN
    memory: int | None = None
    restarts: int = 0
    last_exit: str = ""
    log_file: Path | None = None
    running: Running | None = None
    stopping: bool = False
    starting: asyncio.Future[Running] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the running instance; None if there is none."""
        return self.running.pid if self.running else None

    async def first_start(self) -> None:
        """Start it for the first time. Raises StackError if that fails."""
        self.state = "starting"
        await self._start()

    async def restart_on_exit(self) -> None:
        """Restart it whenever it ends, with growing waits, until `stop` is called."""
        wait = _FIRST_WAIT_SECONDS
        since = time.monotonic()
        while not self.stopping:
            if self.running is not None and self.running.exit_code is None:
                await asyncio.sleep(_POLL_SECONDS)
                continue
            if time.monotonic() - since > _STEADY_SECONDS:
                wait = _FIRST_WAIT_SECONDS
            self._log_exit(wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
            if not self.stopping:
                await self._start_again()
            since = time.monotonic()

    async def stop(self) -> None:
        """Shut it down, also during its start, and do not restart it."""
        self.stopping = True
        self.state = "stopping"
        deadline = time.monotonic() + _ABORT_SECONDS
        while self.starting is not None and time.monotonic() < deadline:
            await asyncio.to_thread(stop_leftover, self.pid_file)
            await asyncio.wait([self.starting], timeout=_POLL_SECONDS)
            await asyncio.sleep(0)
        if self.running is not None:
            await asyncio.to_thread(self.running.stop)
        self.state = "stopped"

    async def _start(self) -> None:
        self.starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            self.running = await asyncio.shield(self.starting)
        except asyncio.CancelledError:
            self.starting.add_done_callback(self._adopt)
            raise
        except BaseException:
            self.starting = None
            raise
        self.starting = None
        self.state, self.why = "up" if self.ready_url else "ready", ""

    def _adopt(self, started: asyncio.Future[Running]) -> None:
        self.starting = None
        if not started.cancelled() and started.exception() is None:
            self.running = started.result()

    async def _start_again(self) -> None:
        self.restarts += 1
        try:
            await self._start()
        except StackError as error:
            self.running = None
            self.log(f"{self.name}: could not be restarted: {str(error).splitlines()[0]}")
            return
        if self.ready_url is None:
            self.log(f"{self.name}: restarted")

    def _log_exit(self, wait: float) -> None:
        self.state = "restarting"
        if self.running is not None:
            how = exit_reason(self.running.exit_code or 0, self.log_file)
            self.last_exit = f"{how} at {datetime.now(UTC):%H:%M:%S} UTC of this machine, and was started again"
            self.log(f"{self.name}: {how}; starting it again in {wait:.1f} s")
