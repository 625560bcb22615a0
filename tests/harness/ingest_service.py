"""Ingest on a real database, asked over HTTP as shops and their people ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from harness.databases import ServiceDatabase
from harness.tokens import JWKS, token
from ingest.invariants import INVARIANTS
from ingest.main import RAW_LANE, SERVICE, prepare
from ingest.raw_lane import RawLane
from ingest.settings import IngestSettings
from shared.clock import FrozenClock
from shared.context import Context
from shared.database import transaction
from shared.events import Event, decode
from shared.health import Health
from shared.tokens import TokenVerifier
from shared.web.app import create_app

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP = "atlas"
SETTINGS = {
    "name": "Atlas",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": "shop@atlas.example",
    "sms_sender": "10004346",
}
SCOPES = "customers:read ops sources:write"


def order(data: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """An order as the manual shows it."""
    return {
        "id": "o-1001-paid",
        "type": "order.paid",
        "time": "2026-11-22T10:00:00Z",
        "customer": {"id": "c-42"},
        "data": {"order_id": "o-1001", "currency": "IRR", "total": "12500000", **(data or {})},
        **fields,
    }


def refund(data: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A refund that names no customer."""
    body = {"refund_id": "r-1", "order_id": "o-1001", "currency": "IRR", "amount": "500000", **(data or {})}
    return {"id": "r-1", "type": "refund.issued", "time": "2026-11-22T11:00:00Z", "data": body, **fields}


@dataclass
class Ingest:
    """The service in this process, without its tasks: what it would publish stands in the outbox."""

    database: ServiceDatabase
    context: Context
    client: httpx2.AsyncClient
    key: str = ""
    source_id: str = ""

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.context.clock, FrozenClock)
        return self.context.clock

    @property
    def raw_lane(self) -> RawLane:
        return RAW_LANE

    async def ask(self, method: str, path: str, *, shop: str = SHOP, scope: str = SCOPES, **request: Any) -> Any:
        headers = {"Authorization": f"Bearer {token(shop, scope)}"}
        return await self.client.request(method, path, headers=headers, **request)

    async def make_source(self, **fields: Any) -> dict[str, Any]:
        answer = await self.ask("POST", "/v1/sources", json={"name": "a source", **fields})
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def send(self, events: Any, *, key: str | None = None, **request: Any) -> Any:
        """Post to the door; bytes go as they are, everything else as JSON."""
        headers = {"Authorization": f"Bearer {key or self.key}", **request.pop("headers", {})}
        if isinstance(events, bytes):
            headers = {"Content-Type": "application/json", **headers}
            return await self.client.post("/v1/events", content=events, headers=headers, **request)
        return await self.client.post("/v1/events", json=events, headers=headers, **request)

    async def results(self, events: Any, **request: Any) -> list[tuple[str, str | None]]:
        """Status and code of each event."""
        answer = await self.send(events, **request)
        return [(result["status"], result["code"]) for result in answer.json()["results"]]

    async def outbox(self) -> list[tuple[int, Event]]:
        """Take out what waits for the relay, as (hash of the key or partition, event)."""
        async with transaction(self.database.worker) as connection:
            rows = await connection.fetch("DELETE FROM outbox RETURNING id, hash, value")
        return [(row["hash"], decode(row["value"])) for row in sorted(rows, key=lambda row: row["id"])]

    async def news(self) -> list[Event]:
        return [event for _, event in await self.outbox()]

    async def broken_invariants(self) -> dict[str, int]:
        async with transaction(self.database.worker) as connection:
            counts = {check.__name__: await check(connection) for check in INVARIANTS}
        return {name: count for name, count in counts.items() if count}


@asynccontextmanager
async def ingest_service(database: ServiceDatabase, **settings: Any) -> AsyncIterator[Ingest]:
    """Ingest on a migrated, empty database with one shop and one live source, at noon."""
    fields = {"kafka_bootstrap": "127.0.0.1:1", "http_port": 8001, **settings}
    found = IngestSettings(
        environment="local", worker_database_url=database.worker_url, web_database_url=database.web_url,
        identity_key="for tests only", jwks=JWKS, **fields,
    )  # fmt: skip
    verifier = TokenVerifier(found.jwks)
    context = Context("ingest", found, FrozenClock(NOON), database.worker, database.web, verifier)
    await prepare(context)
    app = create_app(context, Health(checks={}), SERVICE.routers)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://ingest.test") as client:
        service = Ingest(database, context, client)
        made = await service.ask("PUT", f"/v1/shops/{SHOP}", json=SETTINGS)
        assert made.status_code == 200, made.text
        source = await service.make_source()
        service.key, service.source_id = source["key"], source["source_id"]
        await service.outbox()
        yield service
        assert await service.broken_invariants() == {}
