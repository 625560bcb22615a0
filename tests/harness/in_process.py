"""A service in this process, without its tasks: its batch transaction, its timer and its routes, at noon in Tehran."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2

from builders.events import NOON, SHOP
from harness.databases import ServiceDatabase
from harness.tokens import JWKS, token
from mandegar.clock import Clock, FrozenClock
from mandegar.customers.timer import Timer
from mandegar.database import Row, transaction
from mandegar.database.invariants import Violation
from mandegar.events import Event, decode
from mandegar.events.codec import encode_value, tombstone
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.beside import Beside
from mandegar.lanes.offsets import stored_offsets
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.measuring import Measuring
from mandegar.service.parts import Service, invariant_violations
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Record
from mandegar.tokens import TokenVerifier
from mandegar.wakeup import Wakeup
from mandegar.web.app import create_app

PARTITIONS = 12
# A matrix of callers has more refusals from one address than a minute allows.
NO_ALLOWANCE_ENDS = {"refused_credentials_per_minute": 1_000_000}
# A busy machine is no fault of a route; tests of the limit itself set their own.
PATIENT = {"answer_seconds": 15}


def _published(row: Row) -> Event:
    """The event of a row of the outbox, which may be a tombstone."""
    if row["value"] is None:
        return tombstone(row["topic"], 0, row["id"], row["key"], 0)
    return decode(row["value"])


@dataclass
class InProcess:
    """One service on a real database, with a clock that tests move; what it publishes is taken from its outbox."""

    service: Service[Any]
    database: ServiceDatabase
    context: Context[Any]
    client: httpx2.AsyncClient
    published: list[Event] = field(default_factory=list)
    offsets: dict[tuple[str, str, int], int] = field(default_factory=dict)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.context.clock, FrozenClock)
        return self.context.clock

    def timer(self) -> Timer:
        assert self.service.settle is not None
        return Timer(self.database.worker, self.clock, self.service.settle, PARTITIONS, wake=self.context.wake_timer)

    def beside(self) -> Beside:
        """The lane for customers who need longer than a batch; ``deliver`` and ``pass_time`` wait for it."""
        return Beside(self.clock, self.service.subscriptions, self.service.settle, PARTITIONS)

    async def invariant_violations(self) -> list[Violation]:
        """Whatever breaks an invariant of the service."""
        async with transaction(self.database.worker) as connection:
            return await invariant_violations(self.service, connection, self.context.settings)

    async def deliver(self, *events: Event, topic: str = "ingest.events") -> list[Event]:
        """One poll of ``events``, all on one partition; what was published because of it."""
        return await self.poll(topic, {0: events})

    async def poll(self, topic: str, events: Mapping[int, Sequence[Event]], subscription: int = 0) -> list[Event]:
        """One poll of ``events`` by their partition; what was published because of it."""
        group, reads = list(self.service.subscriptions.items())[subscription]
        chunks = {}
        for partition, items in events.items():
            start = self.offsets.get((group, topic, partition), 0)
            records = [
                Record(topic, partition, start + index, item.partition_key, encode_value(item))
                for index, item in enumerate(items)
            ]
            chunks[topic, partition] = Chunk(start, records)
            self.offsets[group, topic, partition] = start + len(items)
        async with transaction(self.database.worker) as connection:
            await stored_offsets(connection, group, list(chunks))
        process = as_process(reads, group, PARTITIONS)
        assert await apply_batch(self.database.worker, group, process, chunks, self.clock.now()) == set(chunks)
        await self.beside().drain(self.database.worker)
        return await self.news()

    async def pass_time(self, **by: float) -> list[Event]:
        """Move the clock and let the timer settle; what was published because of it."""
        self.clock.advance(timedelta(**by))
        timer = self.timer()
        while await timer.settle_due():
            await self.beside().drain(self.database.worker)
        return await self.news()

    async def outbox(self) -> list[tuple[int, Event]]:
        """Take out what waits for the relay, as (hash of the key or partition, event)."""
        async with transaction(self.database.worker) as connection:
            rows = await connection.fetch("DELETE FROM outbox RETURNING id, topic, hash, key, value")
        return [(row["hash"], _published(row)) for row in sorted(rows, key=lambda row: row["id"])]

    async def news(self) -> list[Event]:
        """Take out the events that wait for the relay."""
        new = [event for _, event in await self.outbox()]
        self.published += new
        return new

    async def ask(
        self,
        method: str,
        path: str,
        scope: str = "customers:read",
        *,
        shop: str = SHOP,
        subject: str | None = None,
        token_id: str | None = None,
        **request: Any,
    ) -> Any:
        """Ask with a token; a ``subject`` makes it a browser's."""
        headers = {
            "Authorization": f"Bearer {token(shop, scope, subject=subject, id_=token_id)}",
            **request.pop("headers", {}),
        }
        return await self.client.request(method, path, headers=headers, **request)

    async def get(self, path: str, *, scope: str = "customers:read", shop: str = SHOP, **query: Any) -> Any:
        return await self.ask("GET", path, scope, shop=shop, params=query or None)


def context_of(name: str, settings: ServiceSettings, database: ServiceDatabase, clock: Clock) -> Context[Any]:
    """The context of a process on ``database``; one pool serves the web and the reports."""
    return Context(
        name=name, settings=settings, clock=clock, worker=database.worker, web=database.web, reporting=database.web,
        tokens=TokenVerifier(settings.jwks), wake_relay=Wakeup(), wake_timer=Wakeup(),
    )  # fmt: skip


@asynccontextmanager
async def in_process(
    service: Service[Any],
    database: ServiceDatabase,
    now: datetime = NOON,
    **settings: Any,
) -> AsyncIterator[tuple[Service[Any], ServiceDatabase, Context[Any], httpx2.AsyncClient]]:
    """What an ``InProcess`` is made of: the service, prepared, with a client for its routes."""
    fields: dict[str, Any] = {
        "kafka_bootstrap": "127.0.0.1:1",
        "http_port": 8000,
        **NO_ALLOWANCE_ENDS,
        **PATIENT,
        **settings,
    }
    told = service.settings(
        environment="local", worker_database_url=database.worker_url, web_database_url=database.web_url,
        identity_key="for tests only", jwks=JWKS, **fields,
    )  # fmt: skip
    context = service.extend(context_of(service.name, told, database, FrozenClock(now)))
    app = create_app(service, context, Health(checks={}), Measuring(context.worker, {}, service.measures))
    base = f"http://{service.name}.test"
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=base) as client:
        yield service, database, context, client


@asynccontextmanager
async def running(*parts: Coroutine[Any, Any, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run coroutines beside the block; one that fails makes the test fail."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield tasks
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
