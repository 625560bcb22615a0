"""Several replicas of one service side by side, as a deployment has them: one for each core."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bench.limits import UNLIMITED
from bench.stage import Stage
from harness.databases import ServiceDatabase
from harness.processes import Process, service_process

MEMBERS = 2


@dataclass(frozen=True)
class Member:
    """The two processes of a replica: one answers, the other one works."""

    web: Process
    worker: Process

    @property
    def name(self) -> str:
        """The service's."""
        return self.web.name

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.web.url

    @property
    def pids(self) -> dict[str, int]:
        """By what the processes are called in the local stack."""
        return {self.name: self.web.pid, f"{self.name}-worker": self.worker.pid}

    def require_alive(self) -> None:
        """An error with the end of its log when a process has ended."""
        for process in (self.web, self.worker):
            if process.child is None or process.child.poll() is not None:
                raise AssertionError(f"{process.log.stem} ended:\n{process.log.read_text()[-2000:]}")


@asynccontextmanager
async def member(
    database: ServiceDatabase, stage: Stage, prefix: str, number: int = 0, **settings: str
) -> AsyncIterator[Member]:
    """One ready replica of ``database``'s service, without limits of callers."""
    extra = {**UNLIMITED, "MANDEGAR_INSTANCE": str(number), **settings}
    async with AsyncExitStack() as stack:
        processes = {}
        for only in ("web", "worker"):
            log = stage.directory / f"{prefix}{database.service}.{number}.{only}.log"
            process = service_process(database, stage.kafka, prefix, log, only=only, **extra)
            processes[only] = await stack.enter_async_context(process)
        yield Member(**processes)


@asynccontextmanager
async def members_of(
    database: ServiceDatabase, stage: Stage, prefix: str, count: int = MEMBERS, **settings: str
) -> AsyncIterator[Sequence[Member]]:
    """So many ready replicas of ``database``'s service."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(member(database, stage, prefix, number, **settings))
            for number in range(count)
        ]
