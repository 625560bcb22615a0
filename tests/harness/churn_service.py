"""Churn on a real database: its two batch transactions, its timer, its background work and its routes."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import httpx2

from churn.main import SERVICE
from churn.modelling.keep_models import keep_models
from churn.modelling.keep_terms import keep_terms
from harness.databases import ServiceDatabase
from harness.tokens import JWKS, token
from shared.clock import FrozenClock
from shared.context import Context
from shared.database import transaction
from shared.events import Event, decode, encode
from shared.events.acts import Interaction, OrderCancelled, OrderSnapshot, RefundIssued, ShopUpdated, SourceClosed
from shared.events.topics import partition_of
from shared.health import Health
from shared.messaging import Record, Subscription
from shared.messaging.application import as_process
from shared.messaging.batch import Chunk, apply_batch
from shared.messaging.offsets import stored_offsets
from shared.messaging.timer import Timer
from shared.settings import ServiceSettings
from shared.tokens import TokenVerifier
from shared.web.app import create_app

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SHOP = "s"
PARTITIONS = 12
HISTORY = "urn:mandegar:shop:s:source:history"


def event(type_: str, data: object, *, name: str, days: float = 0, customer: str | None = "c", **more: Any) -> Event:
    """An event that happened ``days`` after noon; the same ``name`` is the same event."""
    time = NOON + timedelta(days=days)
    values = {"shop": SHOP, "recorded_time": max(time, NOON), "source": "urn:mandegar:shop:s:source:live", **more}
    return Event(id=uuid5(NAMESPACE_OID, name), type=type_, time=time, data=data, customer_id=customer, **values)


def order(kind: str, order_id: str, total: int | str = 50, *, version: int = 1, **more: Any) -> Event:
    data = OrderSnapshot(order_id=order_id, currency="IRR", total=Decimal(total), version=version)
    return event(f"order.{kind}", data, name=f"{order_id}-{kind}-{version}", **more)


def paid(order_id: str, total: int | str = 50, **more: Any) -> Event:
    return order("paid", order_id, total, **more)


def old(order_id: str, total: int | str = 50, **more: Any) -> Event:
    """A paid order out of a historical source."""
    return paid(order_id, total, backfill=True, source=HISTORY, **more)


def cancelled(order_id: str, *, version: int, **more: Any) -> Event:
    return event("order.cancelled", OrderCancelled(order_id=order_id, version=version), name=f"{order_id}-c", **more)


def refund(order_id: str, amount: int, refund_id: str = "r", **more: Any) -> Event:
    data = RefundIssued(refund_id=refund_id, order_id=order_id, currency="IRR", amount=Decimal(amount))
    return event("refund.issued", data, name=f"{order_id}-{refund_id}", **more)


def viewed(name: str, **more: Any) -> Event:
    return event("product.viewed", Interaction(subject_id="p"), name=name, **more)


def shop_updated(version: int = 1, *, zone: str = "Asia/Tehran") -> Event:
    data = ShopUpdated(
        version=version, name="Shop", zone=zone, currency="IRR", locale="fa", phone_region="IR",
        sender_email="shop@example.test", sms_sender="1000",
    )  # fmt: skip
    return event("shop.updated", data, name=f"shop-{version}", customer=None)


def source_closed(partition: int) -> Event:
    data = SourceClosed(source_id="history", partition=partition)
    return event("source.closed", data, name=f"closed-{partition}", customer=None, source=HISTORY)


@dataclass
class Churn:
    """One churn service without its processes."""

    database: ServiceDatabase
    context: Context
    client: httpx2.AsyncClient
    offsets: dict[tuple[str, str, int], int] = field(default_factory=dict)
    published: list[Event] = field(default_factory=list)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.context.clock, FrozenClock)
        return self.context.clock

    async def deliver(self, *events: Event, topic: str = "ingest.events", group: str = "churn") -> list[Event]:
        """One poll of ``events``, each on its partition; what was published because of it."""
        by_partition: dict[int, list[Event]] = {}
        for item in events:
            closing = item.data.partition if item.type == "source.closed" else None
            partition = partition_of(item.partition_key, PARTITIONS) if closing is None else closing
            by_partition.setdefault(partition, []).append(item)
        chunks = {}
        for partition, items in by_partition.items():
            start = self.offsets.get((group, topic, partition), 0)
            records = [
                Record(topic, partition, start + index, item.partition_key, encode(item), 0)
                for index, item in enumerate(items)
            ]
            chunks[topic, partition] = Chunk(start, records)
            self.offsets[group, topic, partition] = start + len(items)
        async with transaction(self.database.worker) as connection:
            await stored_offsets(connection, group, list(chunks))
        subscription = SERVICE.subscriptions[1 if group == "churn.card" else 0]
        assert isinstance(subscription, Subscription)
        process = as_process(subscription, group, PARTITIONS)
        moved = await apply_batch(self.database.worker, group, process, chunks, self.clock.now())
        assert moved == set(chunks)
        return await self.news()

    async def deliver_card(self, *events: Event, topic: str) -> None:
        assert await self.deliver(*events, topic=topic, group="churn.card") == []

    async def pass_time(self, **by: float) -> list[Event]:
        """Move the clock and let the timer settle; what was published because of it."""
        self.clock.advance(timedelta(**by))
        assert SERVICE.settle is not None
        timer = Timer(self.database.worker, self.clock, SERVICE.settle, PARTITIONS)
        while await timer.settle_due():
            pass
        return await self.news()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Timer and background tasks run beside the block; one that fails makes the test fail."""
        assert SERVICE.settle is not None
        timer = Timer(self.database.worker, self.clock, SERVICE.settle, PARTITIONS)
        self.context.wake_timer = timer.wake
        parts = (timer.run(), keep_models(self.context), keep_terms(self.context))
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            yield
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def news(self) -> list[Event]:
        async with transaction(self.database.worker) as connection:
            rows = await connection.fetch("DELETE FROM outbox RETURNING id, value")
        new = [decode(row["value"]) for row in sorted(rows, key=lambda row: row["id"])]
        self.published += new
        return new

    async def get(self, path: str, *, scope: str = "customers:read", shop: str = SHOP, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {token(shop, scope)}"}
        return await self.client.get(path, headers=headers, params=query)

    async def risk(self, customer: str = "c", **query: Any) -> dict[str, Any]:
        answer = await self.get(f"/v1/customers/{customer}/risk", **query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def crossings(events: Iterable[Event]) -> list[tuple[str | None, str]]:
    return [(item.data.previous, item.data.band) for item in events if item.type == "band.crossed"]


@asynccontextmanager
async def churn_service(database: ServiceDatabase) -> AsyncIterator[Churn]:
    """Churn on a migrated, empty database; it knows one shop in Tehran, and it is noon there."""
    settings = ServiceSettings(
        environment="local", kafka_bootstrap="-", worker_database_url=database.worker_url,
        web_database_url=database.web_url, http_port=8003, identity_key="for tests only", jwks=JWKS,
    )  # fmt: skip
    verifier = TokenVerifier(settings.jwks)
    context = Context("churn", settings, FrozenClock(NOON), database.worker, database.web, verifier)
    app = create_app(context, Health(checks={}), SERVICE.routers)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://churn.test") as client:
        service = Churn(database, context, client)
        await service.deliver(shop_updated())
        yield service
