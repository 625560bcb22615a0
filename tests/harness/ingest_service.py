"""Ingest on a real database, asked over HTTP as shops and their people ask it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import Headers

from harness.databases import ServiceDatabase
from harness.in_process import InProcess, in_process
from harness.reading import read_events
from ingest.domain.candidates import Arrival
from ingest.domain.normalise import Reading
from ingest.domain.sources import Shop, Source
from ingest.doors.native.form import NATIVE
from ingest.doors.raw.lane import process_raw
from ingest.main import SERVICE
from mandegar.stream import Process

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP = "atlas"
SETTINGS: dict[str, Any] = {
    "name": "Atlas",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": "shop@atlas.example",
    "attributes": {"vip": ["yes", "no"], "x": "word", "y": "word"},
}
SCOPES = "customers:read events:raw ops sources:write"


@dataclass
class Ingest(InProcess):
    """The service in this process, without its tasks: what it would publish stands in the outbox."""

    key: str = ""
    source_id: str = ""

    @property
    def process_raw(self) -> Process:
        """What the lanes of raw topics call."""
        return process_raw(self.context)

    async def ask(self, method: str, path: str, scope: str = SCOPES, *, shop: str = SHOP, **request: Any) -> Any:
        return await super().ask(method, path, scope, shop=shop, **request)

    async def make_source(self, **fields: Any) -> dict[str, Any]:
        for _ in range(3):  # a busy machine may answer 503, which asks to try again
            answer = await self.ask("POST", "/v1/sources", json={"name": "a source", **fields})
            if answer.status_code != 503:
                break
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

    def arrivals(self, events: Sequence[dict[str, Any]]) -> list[Arrival]:
        """Events as the door of the source reads them, not submitted."""
        source = Source(
            self.source_id, Shop(SHOP, "IRR", ZoneInfo("Asia/Tehran"), "IR", attributes=SETTINGS["attributes"])
        )
        reading = Reading(source, self.clock.now(), self.context.identity_key)
        return read_events(NATIVE, json.dumps(events).encode(), Headers(), reading)

    async def results(self, events: Any, **request: Any) -> list[tuple[str, str | None]]:
        """Status and code of each event."""
        answer = await self.send(events, **request)
        return [(result["status"], result["code"]) for result in answer.json()["results"]]


@asynccontextmanager
async def ingest_service(database: ServiceDatabase, **settings: Any) -> AsyncIterator[Ingest]:
    """Ingest on a migrated, empty database with one shop and one live source, at noon in London."""
    async with in_process(SERVICE, database, NOON, **settings) as parts:
        ingest = Ingest(*parts)
        made = await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=SETTINGS)
        assert made.status_code == 200, made.text
        source = await ingest.make_source()
        ingest.key, ingest.source_id = source["key"], source["source_id"]
        await ingest.outbox()
        yield ingest
        assert await ingest.invariant_violations() == []
