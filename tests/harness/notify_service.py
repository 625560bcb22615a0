"""Notify in this process, with providers that do as they are told, and events that make it speak."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from builders.shops import shop_updated
from harness.databases import ServiceDatabase
from harness.in_process import InProcess, in_process
from mandegar.events import Event
from mandegar.service.context import Context
from notify.channels.channel import Channel, Outcome, Outgoing
from notify.domain.consent import ChannelName
from notify.main import SERVICE
from notify.sends.brake import ComposeBrake
from notify.sends.worker import ChannelWorker
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


class Rounds:
    """The workers of one process, whose rounds are taken one after the other."""

    def __init__(self, context: Context[NotifySettings], channels: Mapping[ChannelName, Channel]) -> None:
        brake = ComposeBrake()
        self.by_channel = {name: ChannelWorker(context, name, channel, brake) for name, channel in channels.items()}

    async def round(self) -> int:
        """One round of each; returns how many sends they touched."""
        return sum([await worker.round() for worker in self.by_channel.values()])


@dataclass
class Notify(InProcess):
    """One notify service without its processes; ``settings`` are those of its next delivery."""

    settings: NotifySettings = field(init=False)
    mail: ScriptedProvider = field(default_factory=ScriptedProvider)
    sms: ScriptedProvider = field(default_factory=ScriptedProvider)

    def __post_init__(self) -> None:
        assert isinstance(self.context.settings, NotifySettings)
        self.settings = self.context.settings

    def worker(self, **changes: Any) -> Rounds:
        settings = self.settings.model_copy(update=changes)
        return Rounds(replace(self.context, settings=settings), {"email": self.mail, "sms": self.sms})

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
