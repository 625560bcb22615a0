"""Members: the processes of the services, two a replica. What ends without being told to is started again at once."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import httpx2
import psutil

from faults.journal import Timeline
from mandegar.http_client import HttpClient
from mandegar_local.children import Child, start_child

LOOK_SECONDS = 0.05
AGAIN_SECONDS = 0.5
READY_SECONDS = 60.0


Role: TypeAlias = Literal["web", "worker"]


@dataclass(eq=False)
class Member:
    """One process of a service. ``exits`` has the code of each of its ends, killed ones included."""

    service: str
    role: Role
    number: int
    url: str
    environment: Mapping[str, str]
    directory: Path
    said: Callable[[str], None]
    timeline: Timeline
    child: Child | None = None
    wanted: bool = False
    starts: int = 0
    exits: list[int] = field(default_factory=list)
    started_at: float = 0.0
    coming_up: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """As the local stack calls it, and the number of its replica behind that."""
        name = self.service if self.role == "web" else f"{self.service}-{self.role}"
        return name if self.number == 0 else f"{name}-{self.number}"

    @property
    def log(self) -> Path:
        return self.directory / "log" / f"{self.name}.log"

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.exit_code is None

    @property
    def frozen(self) -> bool:
        return self.alive and bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)

    @property
    def restarts(self) -> int:
        """Starts after the first one."""
        return max(self.starts - 1, 0)

    def start(self, **extra: str) -> None:
        """Start it and keep it running; ``extra`` is told to this one process alone, such as a FAILPOINT."""
        self.child = start_child(
            [sys.executable, "-m", self.service, "serve", "--only", self.role],
            pid_file=self.directory / "run" / f"{self.name}.pid",
            log_file=self.log,
            environment={**self.environment, **extra},
        )
        self.wanted, self.started_at = True, time.time()
        self.starts += 1
        if self.coming_up is not None:
            self.coming_up.cancel()
        self.coming_up = asyncio.create_task(self._come_up())

    async def _come_up(self) -> None:
        """A process that starts is away until it says that it is ready: on the timeline that is a fault of its own."""
        self.timeline.note("starting", self.name, "begin")
        try:
            await self.wait_ready()
        except TimeoutError as error:
            self.said(str(error))
        finally:
            self.timeline.note("starting", self.name, "end")

    def signal(self, number: signal.Signals) -> None:
        if self.alive:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """As ``kill -9`` does it; it is started again."""
        self.signal(signal.SIGKILL)

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    async def end(self, seconds: float = 20.0) -> tuple[int, float]:
        """SIGTERM it and keep it down; its exit code and how long it took. ``TimeoutError`` after ``seconds``."""
        self.wanted = False
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        while self.alive:
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{self.name} did not end within {seconds:.0f} s of SIGTERM; read {self.log}")
            await asyncio.sleep(LOOK_SECONDS / 2)
        self._note_end()
        return self.exits[-1], time.monotonic() - began

    async def restart(self, **extra: str) -> tuple[int, float]:
        """End it in order and start it again; exit code and seconds of the ending."""
        ended = await self.end() if self.alive else (0, 0.0)
        self.start(**extra)
        return ended

    async def ready(self) -> bool:
        """Whether it says so."""
        return await _answers(f"{self.url}/readyz")

    async def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when it is ready; ``TimeoutError`` says where to read why it is not."""
        deadline = time.monotonic() + seconds
        while not await self.ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} was not ready within {seconds:.0f} s; read {self.log}")
            await asyncio.sleep(0.1)

    async def supervise(self) -> None:
        """Start it again whenever it ends without being told to, for ever; slower when it ends right away."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self.wanted or self.alive:
                continue
            self._note_end()
            self.said(f"{self.name} ended with {self.exits[-1]}; starting it again")
            if time.time() - self.started_at < AGAIN_SECONDS:
                await asyncio.sleep(AGAIN_SECONDS)
            if self.wanted:
                self.start()

    def _note_end(self) -> None:
        if self.child is not None and self.child.exit_code is not None:
            self.exits.append(self.child.exit_code)
            self.child.stop()


@dataclass(eq=False)
class Replica:
    """The two processes of a service that a deployment starts, ends and loses together."""

    web: Member
    worker: Member

    @property
    def service(self) -> str:
        return self.web.service

    @property
    def number(self) -> int:
        return self.web.number

    @property
    def members(self) -> tuple[Member, Member]:
        return self.web, self.worker

    @property
    def name(self) -> str:
        return self.web.name

    def start(self, **extra: str) -> None:
        for member in self.members:
            member.start(**extra)

    def freeze(self) -> None:
        for member in self.members:
            member.freeze()

    def thaw(self) -> None:
        for member in self.members:
            member.thaw()

    async def end(self, seconds: float = 20.0) -> tuple[int, float]:
        """SIGTERM both and keep them down: the first exit code that is not 0, and the seconds of the slower one."""
        ended = await asyncio.gather(*(member.end(seconds) for member in self.members if member.alive))
        return next((code for code, _ in ended if code), 0), max((took for _, took in ended), default=0.0)

    async def restart(self, **extra: str) -> tuple[int, float]:
        """End both in order and start them again; exit code and seconds of the ending."""
        ended = await self.end()
        self.start(**extra)
        return ended

    async def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when both are ready."""
        await asyncio.gather(*(member.wait_ready(seconds) for member in self.members))


async def _answers(url: str) -> bool:
    try:
        async with HttpClient(timeout=2.0) as client:
            return (await client.get(url)).status_code == 200
    except httpx2.HTTPError:
        return False
