"""What rows are measured on: the servers of one run, how much load is wanted, and what was found so far."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.cpu import Meter, Shares
from bench.load import NOW, PARTITIONS
from harness.databases import ServiceDatabase, service_database
from harness.servers import ROOT, free_port
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar_local.kafka import start_kafka
from mandegar_local.postgres import start_postgres


@dataclass
class Stage:
    """The servers, the scale of the load (1 is what the documentation quotes), and the values found by row name."""

    admin_url: str
    kafka: str
    directory: Path
    server_pids: tuple[int, int]
    scale: float
    log: Callable[..., None]
    found: dict[str, float] = field(default_factory=dict)

    def count(self, full: int) -> int:
        """That many events, scaled."""
        return max(int(full * self.scale), 1_000)

    def seconds(self, full: float) -> float:
        """That long a window, scaled; short ones would say nothing."""
        return max(full * self.scale, 5.0)

    def database(self, service: str) -> AbstractAsyncContextManager[ServiceDatabase]:
        """An empty, migrated database of a service."""
        return service_database(self.admin_url, service)

    async def topics(self, prefix: str) -> str:
        """The topics of the system behind a prefix; gives the prefix."""
        await create_topics(Broker(self.kafka), prefix=prefix, partitions=PARTITIONS)
        return prefix

    def meter(self, ours: Sequence[int] = ()) -> Meter:
        """Counts CPU from now on, beside ``ours`` that of the servers."""
        return Meter(*self.server_pids, ours)

    def shares(self, pids: Mapping[str, int]) -> Shares:
        """Counts CPU from now on by process: of ``pids`` and of the servers."""
        return Shares({**pids, **dict(zip(("PostgreSQL", "broker"), self.server_pids, strict=True))})


def clock_of_the_load() -> str:
    """The setting that lets a process live at the time at which the load was recorded."""
    return f"{NOW.isoformat()}@{time.time()}"


@contextmanager
def stage(scale: float, log: Callable[..., None]) -> Iterator[Stage]:
    """A PostgreSQL that keeps what it commits and a Kafka, of this run alone."""
    port = free_port()
    directory = ROOT / ".local" / "bench" / str(port)
    postgres = start_postgres(directory / "postgres", port, fast=False, log=log)
    try:
        kafka = start_kafka(directory / "kafka", free_port(), controller_port=free_port(), log=log)
        try:
            pids = (postgres.pid, kafka.pid)
            yield Stage(postgres.admin_url, kafka.bootstrap, directory, pids, scale, log)
        finally:
            kafka.stop()
    finally:
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)
