"""Notify on a real database: its batch transaction, its delivery and its routes, with providers that do as told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import httpx2

from harness.databases import ServiceDatabase
from harness.tokens import JWKS, token
from notify.channels import Outcome, Outgoing
from notify.delivery.worker import DeliveryWorker
from notify.invariants import violations
from notify.main import SERVICE
from notify.settings import NotifySettings
from shared.clock import FrozenClock
from shared.context import Context
from shared.database import transaction
from shared.events import Event, decode, encode
from shared.events.acts import CustomerUpdated, OrderSnapshot, ShopUpdated
from shared.events.contacts import Consent, ContactUpdated
from shared.events.effects import Balance, BandCrossed, LedgerEntry, PointsExpiring, PointsPosted
from shared.health import Health
from shared.messaging import Record
from shared.messaging.application import as_process
from shared.messaging.batch import Chunk, apply_batch
from shared.messaging.offsets import stored_offsets
from shared.tokens import TokenVerifier
from shared.web.app import create_app

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)  # in Tehran
SHOP = "s"
PARTITION = ("churn.events", 0)  # all in one: the lane does not care which topic brought an event


class ScriptedProvider:
    """A channel that answers what it is told to (``accepted`` by default) and keeps what it was given."""

    can_look_up = True

    def __init__(self) -> None:
        self.given: list[Outgoing] = []
        self.answers: list[Outcome] = []
        self.known: dict[UUID, Outcome | None] = {}
        self.asked: list[UUID] = []
        self.during: Any = None

    async def send(self, message: Outgoing) -> Outcome:
        self.given.append(message)
        if self.during is not None:
            await self.during(message)
        return self.answers.pop(0) if self.answers else Outcome("accepted", provider_ref="ref")

    async def lookup(self, send_id: UUID) -> Outcome | None:
        self.asked.append(send_id)
        return self.known.get(send_id)

    async def close(self) -> None:
        return


def event(
    type_: str, data: object, *, name: str = "", hours: float = 0, customer: str | None = "c", **more: Any
) -> Event:
    """An event that happened ``hours`` after noon; the same ``name`` is the same event."""
    at = NOON + timedelta(hours=hours)
    return Event(
        id=uuid5(NAMESPACE_OID, name) if name else uuid4(),
        source="urn:mandegar:test",
        type=type_,
        time=at,
        data=data,
        customer_id=customer,
        **{"shop": SHOP, "recorded_time": max(at, NOON), **more},
    )


def shop_updated(version: int = 1, *, shop: str = SHOP, **changes: Any) -> Event:
    words = {
        "name": "فروشگاه نارنج", "zone": "Asia/Tehran", "currency": "IRR", "locale": "fa", "phone_region": "IR",
        "sender_email": "hello@shop.example.test", "sms_sender": "10004346",
    }  # fmt: skip
    return event("shop.updated", ShopUpdated(version=version, **(words | changes)), customer=None, shop=shop)


def contact(version: int = 1, *, granted: str = "email sms", said_hours: float = -100, **more: Any) -> Event:
    """A snapshot with both addresses, and consent granted on the channels in ``granted``."""
    customer, hours, shop = more.pop("customer", "c"), more.pop("hours", -50), more.pop("shop", SHOP)
    consent = Consent(status="granted", at=NOON + timedelta(hours=said_hours))
    data = {"email": f"{customer}@example.test", "phone": "+989121234567", "name": "سارا محمدی", "locale": "fa-IR"}
    consents: Any = dict.fromkeys(granted.split(), consent)
    updated = ContactUpdated(version=version, consents=consents, **(data | more))
    return event("contact.updated", updated, customer=customer, hours=hours, shop=shop)


def profile(version: int, **more: Any) -> Event:
    return event("customer.updated", CustomerUpdated(version=version, **more))


def crossed(band: str = "at_risk", *, hours: float = -1, **more: Any) -> Event:
    data = BandCrossed(
        band=band,  # type: ignore[arg-type]
        previous="cooling", crossed_at=NOON + timedelta(hours=hours), risk=0.7, horizon_days=56,
        value_at_risk=Decimal(1_200_000), currency="IRR", model_version=1, version=1,
    )  # fmt: skip
    return event("band.crossed", data, hours=hours, **more)


def expiring(points: int = 1240, *, in_days: float = 14, **more: Any) -> Event:
    data = PointsExpiring(points=points, expires_at=NOON + timedelta(days=in_days), available=points)
    return event("points.expiring", data, **more)


def posted(available: int, version: int, **more: Any) -> Event:
    data = PointsPosted(
        entries=(LedgerEntry(entry_id=uuid4(), kind="earn", points=available, lot_id=uuid4(), effective_at=NOON),),
        balance=Balance(available=available), version=version, tier="gold",
    )  # fmt: skip
    return event("points.posted", data, **more)


def paid(*, hours: float = 0, **more: Any) -> Event:
    data = OrderSnapshot(order_id="o", currency="IRR", total=Decimal(100), version=1)
    return event("order.paid", data, hours=hours, **more)


@dataclass
class Notify:
    """One notify service without its processes."""

    database: ServiceDatabase
    context: Context
    settings: NotifySettings
    clock: FrozenClock
    client: httpx2.AsyncClient
    mail: ScriptedProvider
    sms: ScriptedProvider
    offset: int = 0
    published: list[Event] = field(default_factory=list)

    async def deliver(self, *events: Event) -> list[Event]:
        """One poll of ``events``; what was published because of it."""
        records = [
            Record(*PARTITION, self.offset + index, item.partition_key, encode(item), 0)
            for index, item in enumerate(events)
        ]
        process = as_process(SERVICE.subscriptions[0], "notify", 12)  # type: ignore[arg-type]
        chunks = {PARTITION: Chunk(self.offset, records)}
        assert await apply_batch(self.database.worker, "notify", process, chunks, self.clock.now()) == {PARTITION}
        self.offset += len(events)
        return await self.news()

    def worker(self, **changes: Any) -> DeliveryWorker:
        settings = self.settings.model_copy(update=changes)
        return DeliveryWorker(self.context, settings, {"email": self.mail, "sms": self.sms})

    async def send_out(self, **changes: Any) -> list[Event]:
        """Deliver until nothing is due; what was published because of it."""
        worker = self.worker(**changes)
        while await worker.round():
            pass
        return await self.news()

    async def news(self) -> list[Event]:
        async with transaction(self.database.worker) as connection:
            rows = await connection.fetch("DELETE FROM outbox RETURNING id, value")
        new = [decode(row["value"]) for row in sorted(rows, key=lambda row: row["id"])]
        self.published += new
        return new

    async def call(
        self,
        method: str,
        path: str,
        scope: str = "customers:read",
        *,
        subject: str | None = None,
        shop: str = SHOP,
        **more: Any,
    ) -> Any:
        headers = {"Authorization": f"Bearer {token(shop, scope, subject=subject)}"}
        return await self.client.request(method, path, headers=headers, **more)

    async def messages(self, customer: str = "c") -> list[dict[str, Any]]:
        answer = await self.call("GET", f"/v1/customers/{customer}/messages")
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every send, by the time its trigger came."""
        rows = await self.database.worker.fetch("SELECT state, reason FROM sends ORDER BY created_at, triggered_at")
        return [(row["state"], row["reason"]) for row in rows]

    async def broken_rules(self) -> dict[str, list[str]]:
        async with transaction(self.database.worker) as connection:
            return await violations(
                connection, cap_messages=self.settings.cap_messages, cap_days=self.settings.cap_days
            )


def types(events: list[Event]) -> list[tuple[str, str | None]]:
    return [(item.type, getattr(item.data, "reason", None)) for item in events]


@asynccontextmanager
async def notify_service(database: ServiceDatabase, **changes: Any) -> AsyncIterator[Notify]:
    """Notify on a migrated, empty database; it knows one shop in Tehran, and it is noon there."""
    settings = NotifySettings(
        environment="local", kafka_bootstrap="-", worker_database_url=database.worker_url,
        web_database_url=database.web_url, http_port=8004, identity_key="for tests only", jwks=JWKS,
        public_url="https://notify.example.test", smtp_url="smtp://127.0.0.1:9", sms_url="http://127.0.0.1:9",
        sms_api_key="k", **changes,
    )  # fmt: skip
    clock = FrozenClock(NOON)
    context = Context("notify", settings, clock, database.worker, database.web, TokenVerifier(settings.jwks))
    app = create_app(context, Health(checks={}), SERVICE.routers)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://notify.test") as client:
        async with transaction(database.worker) as connection:
            await stored_offsets(connection, "notify", [PARTITION])
        service = Notify(database, context, settings, clock, client, ScriptedProvider(), ScriptedProvider())
        await service.deliver(shop_updated())
        yield service
