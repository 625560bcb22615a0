"""The four services as processes on one stage, and how far behind they are."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.door import source_key
from bench.load import PARTITIONS
from bench.members import Member, member
from bench.stage import Stage
from harness.databases import ServiceDatabase
from mandegar.database import Row

SERVICES = ("ingest", "loyalty", "churn", "notify")
APPLYING = ("loyalty", "churn", "notify")
PROCESSES = tuple(name for service in SERVICES for name in (service, f"{service}-worker"))
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
    """Four ready services, the source's key, and a consumer that asks the broker where its logs end."""

    services: dict[str, Member]
    databases: dict[str, ServiceDatabase]
    prefix: str
    key: str
    broker: AIOKafkaConsumer

    @property
    def pids(self) -> dict[str, int]:
        """Of all processes, by what they are called in the local stack."""
        return {name: pid for service in self.services.values() for name, pid in service.pids.items()}

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
        for service in self.services.values():
            service.require_alive()


@asynccontextmanager
async def four_services(stage: Stage, prefix: str, **settings: str) -> AsyncIterator[FourServices]:
    """Four services, each as web and worker, on databases and topics of their own."""
    await stage.topics(prefix)
    async with AsyncExitStack() as stack:
        databases, services = {}, {}
        for name in SERVICES:
            databases[name] = await stack.enter_async_context(stage.database(name))
            replica = member(databases[name], stage, prefix, **{**PROVIDERS, **settings})
            services[name] = await stack.enter_async_context(replica)
        broker = AIOKafkaConsumer(bootstrap_servers=stage.kafka)
        await broker.start()
        stack.push_async_callback(broker.stop)
        yield FourServices(services, databases, prefix, await source_key(services["ingest"].web), broker)
