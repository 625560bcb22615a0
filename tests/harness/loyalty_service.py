"""Loyalty on a real database: its batch transaction, its timer and its routes, with a clock that tests move."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import httpx2

from harness.databases import ServiceDatabase
from harness.tokens import JWKS, token
from loyalty.main import SERVICE
from loyalty.settings import LoyaltySettings
from shared.clock import FrozenClock
from shared.context import Context
from shared.database import transaction
from shared.events import Event, decode, encode
from shared.events.acts import OrderCancelled, OrderSnapshot, RefundIssued, ShopUpdated, SourceClosed
from shared.health import Health
from shared.messaging import Record
from shared.messaging.application import as_process
from shared.messaging.batch import Chunk, apply_batch
from shared.messaging.offsets import stored_offsets
from shared.messaging.timer import Timer
from shared.tokens import TokenVerifier
from shared.web.app import create_app

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SHOP = "s"
PARTITION = ("ingest.events", 0)


def event(type_: str, data: object, *, name: str, days: float = 0, customer: str | None = "c", **more: Any) -> Event:
    """An event that happened ``days`` after noon; the same ``name`` is the same event."""
    at = NOON + timedelta(days=days)
    values = {"shop": SHOP, "recorded_time": max(at, NOON), **more}
    return Event(
        id=uuid5(NAMESPACE_OID, name),
        source="urn:mandegar:test",
        type=type_,
        time=at,
        data=data,
        customer_id=customer,
        **values,
    )


def order(kind: str, order_id: str, total: int | str, *, version: int = 1, name: str = "", **more: Any) -> Event:
    data = OrderSnapshot(order_id=order_id, currency="IRR", total=Decimal(total), version=version)
    return event(f"order.{kind}", data, name=name or f"{order_id}-{kind}-{version}", **more)


def paid(order_id: str, total: int | str = 10_000_000, **more: Any) -> Event:
    return order("paid", order_id, total, **more)


def cancelled(order_id: str, *, version: int, **more: Any) -> Event:
    return event("order.cancelled", OrderCancelled(order_id=order_id, version=version), name=f"{order_id}-c", **more)


def refund(order_id: str, amount: int, refund_id: str = "r", **more: Any) -> Event:
    data = RefundIssued(refund_id=refund_id, order_id=order_id, currency="IRR", amount=Decimal(amount))
    return event("refund.issued", data, name=f"{order_id}-{refund_id}", **more)


def shop_updated(version: int = 1, *, shop: str = SHOP, zone: str = "Asia/Tehran") -> Event:
    data = ShopUpdated(
        version=version, name="Shop", zone=zone, currency="IRR", locale="fa", phone_region="IR",
        sender_email="shop@example.test", sms_sender="1000",
    )  # fmt: skip
    return event("shop.updated", data, name=f"{shop}-{version}", customer=None, shop=shop)


def source_closed(partition: int) -> Event:
    return event("source.closed", SourceClosed(source_id="h", partition=partition), name="closed", customer=None)


@dataclass
class Loyalty:
    """One loyalty service without its processes."""

    database: ServiceDatabase
    clock: FrozenClock
    client: httpx2.AsyncClient
    context: Context
    offset: int = 0
    published: list[Event] = field(default_factory=list)

    async def deliver(self, *events: Event) -> list[Event]:
        """One poll of ``events``; what was published because of it."""
        records = [
            Record(*PARTITION, self.offset + index, event.partition_key, encode(event), 0)
            for index, event in enumerate(events)
        ]
        process = as_process(SERVICE.subscriptions[0], "loyalty", 12)  # type: ignore[arg-type]
        moved = await apply_batch(
            self.database.worker, "loyalty", process, {PARTITION: Chunk(self.offset, records)}, self.clock.now()
        )
        assert moved == {PARTITION}
        self.offset += len(events)
        return await self.news()

    async def pass_time(self, **by: float) -> list[Event]:
        """Move the clock and let the timer settle; what was published because of it."""
        self.clock.advance(timedelta(**by))
        assert SERVICE.settle is not None
        timer = Timer(self.database.worker, self.clock, SERVICE.settle, 12)
        while await timer.settle_due():
            pass
        return await self.news()

    async def news(self) -> list[Event]:
        async with transaction(self.database.worker) as connection:
            rows = await connection.fetch("DELETE FROM outbox RETURNING id, value")
        new = [decode(row["value"]) for row in sorted(rows, key=lambda row: row["id"])]
        self.published += new
        return new

    async def get(self, path: str, *, scope: str = "customers:read", shop: str = SHOP) -> Any:
        headers = {"Authorization": f"Bearer {token(shop, scope)}"}
        return await self.client.get(path, headers=headers)

    async def balance(self, customer: str = "c") -> dict[str, Any]:
        answer = await self.get(f"/v1/customers/{customer}/balance")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def put_programme(self, text: str, *, shop: str = SHOP, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {token(shop, 'programme:write')}", "Content-Type": "application/yaml"}
        return await self.client.put("/v1/programme", content=text.encode(), headers=headers, params=query)


def kinds(events: Sequence[Event]) -> list[tuple[str, int]]:
    """The kind and points of every entry that ``events`` tell of."""
    return [
        (entry.kind, entry.points) for event in events if event.type == "points.posted" for entry in event.data.entries
    ]


@asynccontextmanager
async def loyalty_service(database: ServiceDatabase) -> AsyncIterator[Loyalty]:
    """Loyalty on a migrated, empty database; it knows one shop in Tehran, and it is noon there."""
    settings = LoyaltySettings(
        environment="local", kafka_bootstrap="-", worker_database_url=database.worker_url,
        web_database_url=database.web_url, http_port=8002, identity_key="for tests only", jwks=JWKS,
    )  # fmt: skip
    clock = FrozenClock(NOON)
    context = Context("loyalty", settings, clock, database.worker, database.web, TokenVerifier(settings.jwks))
    app = create_app(context, Health(checks={}), SERVICE.routers)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://loyalty.test") as client:
        async with transaction(database.worker) as connection:
            await stored_offsets(connection, "loyalty", [PARTITION])
        service = Loyalty(database, clock, client, context)
        await service.deliver(shop_updated())
        yield service
