"""Churn in this process, with its background work, and what its tests ask of it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from builders.shops import shop_updated
from churn.main import SERVICE
from harness.databases import ServiceDatabase
from harness.in_process import PARTITIONS, InProcess, in_process, running
from mandegar.events import Event
from mandegar.events.topics import partition_of

CARD = 1


@dataclass
class Churn(InProcess):
    """One churn service without its processes."""

    async def deliver(self, *events: Event, topic: str = "ingest.events", subscription: int = 0) -> list[Event]:
        """One poll of ``events``, each on its partition; what was published because of it."""
        by_partition: dict[int, list[Event]] = {}
        for item in events:
            closing = item.data.partition if item.type == "source.closed" else None
            partition = partition_of(item.partition_key, PARTITIONS) if closing is None else closing
            by_partition.setdefault(partition, []).append(item)
        return await self.poll(topic, by_partition, subscription)

    async def deliver_card(self, *events: Event, topic: str) -> None:
        assert await self.deliver(*events, topic=topic, subscription=CARD) == []

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Timer and background tasks run beside the block; one that fails makes the test fail."""
        timer = self.timer()
        async with running(timer.run(), *(task(self.context) for part in SERVICE.parts for task in part.background)):
            yield

    async def risk(self, customer: str = "c", **query: Any) -> dict[str, Any]:
        answer = await self.get(f"/v1/customers/{customer}/risk", **query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def crossings(events: Iterable[Event]) -> list[tuple[str | None, str]]:
    return [(item.data.previous, item.data.band) for item in events if item.type == "band.crossed"]


def of_bands(events: Iterable[Event]) -> list[Event]:
    """The events about bands; lifecycle and stage may have changed with them."""
    return [item for item in events if item.type.startswith("band.")]


@asynccontextmanager
async def churn_service(database: ServiceDatabase, **settings: Any) -> AsyncIterator[Churn]:
    """Churn on a migrated, empty database; it knows one shop in Tehran, and it is noon there."""
    async with in_process(SERVICE, database, **settings) as parts:
        churn = Churn(*parts)
        await churn.deliver(shop_updated())
        yield churn
