"""Notify in this process, with providers that do as they are told, and events that make it speak."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from harness.databases import ServiceDatabase
from harness.in_process import NOON, SHOP, InProcess, in_process
from mandegar.events import Event
from mandegar.events.churn import BandCrossed
from mandegar.events.contacts import Consent, ContactUpdated
from mandegar.events.ingest import CustomerUpdated, OrderSnapshot, ShopUpdated
from mandegar.events.loyalty import Balance, LedgerEntry, PointsExpiring, PointsPosted
from notify.channels.channel import Outcome, Outgoing
from notify.main import SERVICE
from notify.sends.worker import DeliveryWorker
from notify.settings import NotifySettings


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
class Notify(InProcess):
    """One notify service without its processes; ``settings`` are those of its next delivery."""

    settings: NotifySettings = field(init=False)
    mail: ScriptedProvider = field(default_factory=ScriptedProvider)
    sms: ScriptedProvider = field(default_factory=ScriptedProvider)

    def __post_init__(self) -> None:
        assert isinstance(self.context.settings, NotifySettings)
        self.settings = self.context.settings

    def worker(self, **changes: Any) -> DeliveryWorker:
        settings = self.settings.model_copy(update=changes)
        return DeliveryWorker(replace(self.context, settings=settings), {"email": self.mail, "sms": self.sms})

    async def send_out(self, **changes: Any) -> list[Event]:
        """Deliver until nothing is due; what was published because of it."""
        worker = self.worker(**changes)
        while await worker.round():
            pass
        return await self.news()

    async def messages(self, customer: str = "c") -> list[dict[str, Any]]:
        answer = await self.ask("GET", f"/v1/customers/{customer}/messages")
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every send, by the time its trigger came."""
        rows = await self.database.worker.fetch("SELECT state, reason FROM sends ORDER BY created_at, triggered_at")
        return [(row["state"], row["reason"]) for row in rows]


def types(events: list[Event]) -> list[tuple[str, str | None]]:
    return [(item.type, getattr(item.data, "reason", None)) for item in events]


@asynccontextmanager
async def notify_service(database: ServiceDatabase, **changes: Any) -> AsyncIterator[Notify]:
    """Notify on a migrated, empty database; it knows one shop in Tehran, and it is noon there."""
    providers = {"smtp_url": "smtp://127.0.0.1:9", "sms_url": "http://127.0.0.1:9", "sms_api_key": "k"}
    public = {"public_url": "https://notify.example.test"}
    async with in_process(SERVICE, database, **providers, **public, **changes) as parts:
        notify = Notify(*parts)
        await notify.deliver(shop_updated())
        yield notify
