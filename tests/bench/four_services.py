"""The four services as processes on one stage, and how far behind they are."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.door import source_key
from bench.limits import UNLIMITED
from bench.load import PARTITIONS
from bench.stage import Stage
from harness.databases import ServiceDatabase
from harness.processes import Process, service_process
from mandegar.database import Row

SERVICES = ("ingest", "loyalty", "churn", "notify")
# Nobody consents to anything in the load, so nothing is ever sent there.
PROVIDERS: dict[str, Any] = {
    "MANDEGAR_SMTP_URL": "smtp://127.0.0.1:9",
    "MANDEGAR_SMS_URL": "http://127.0.0.1:9",
    "MANDEGAR_SMS_API_KEY": "bench",
}
_OFFSETS = "SELECT consumer_group, topic, sum(next_offset)::bigint AS offsets FROM offsets GROUP BY 1, 2"
# By its ids, because counting a long outbox would be load of its own.
_OUTBOX = "SELECT coalesce(max(id) - min(id) + 1, 0) FROM outbox"


class Look(NamedTuple):
    """Records of ``ingest.events`` that each group has behind it, and how many records wait anywhere."""

    applied: Mapping[str, int]
    waiting: int


@dataclass
class FourServices:
    """Four ready processes, the source's key, and a consumer that asks the broker where its logs end."""

    processes: dict[str, Process]
    databases: dict[str, ServiceDatabase]
    prefix: str
    key: str
    broker: AIOKafkaConsumer

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.processes.items()}

    async def look(self) -> Look:
        """How far everybody is."""
        groups = [row for found in await asyncio.gather(*map(self._offsets, SERVICES[1:])) for row in found]
        outboxes = await asyncio.gather(*(database.worker.fetchval(_OUTBOX) for database in self.databases.values()))
        topics = {row["topic"] for row in groups}
        ends = await self.broker.end_offsets(
            [TopicPartition(self.prefix + topic, number) for topic in topics for number in range(PARTITIONS)]
        )
        written = dict.fromkeys(topics, 0)
        for partition, end in ends.items():
            written[partition.topic.removeprefix(self.prefix)] += end
        behind: dict[str, int] = {}
        for row in groups:
            group = row["consumer_group"]
            behind[group] = behind.get(group, 0) + written[row["topic"]] - row["offsets"]
        applied = {row["consumer_group"]: row["offsets"] for row in groups if row["topic"] == "ingest.events"}
        return Look(applied, max(behind.values()) + sum(outboxes))

    async def _offsets(self, name: str) -> list[Row]:
        return await self.databases[name].worker.fetch(_OFFSETS)

    def require_alive(self) -> None:
        """An error with the end of its log when a process has ended."""
        for name, process in self.processes.items():
            if process.child is None or process.child.poll() is not None:
                raise AssertionError(f"{name} ended:\n{process.log.read_text()[-2000:]}")


@asynccontextmanager
async def four_services(stage: Stage, prefix: str, **settings: str) -> AsyncIterator[FourServices]:
    """Four services with everything they have, on databases and topics of their own."""
    await stage.topics(prefix)
    async with AsyncExitStack() as stack:
        databases, processes = {}, {}
        for name in SERVICES:
            databases[name] = await stack.enter_async_context(stage.database(name))
            log = stage.directory / f"{prefix}{name}.log"
            processes[name] = await stack.enter_async_context(
                service_process(databases[name], stage.kafka, prefix, log, **{**PROVIDERS, **UNLIMITED, **settings})
            )
        broker = AIOKafkaConsumer(bootstrap_servers=stage.kafka)
        await broker.start()
        stack.push_async_callback(broker.stop)
        yield FourServices(processes, databases, prefix, await source_key(processes["ingest"]), broker)
