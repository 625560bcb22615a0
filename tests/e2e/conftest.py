"""Whole services as processes, with a shop and a source made through their own doors."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx2
import pytest

from conftest import MakeDatabase
from harness.databases import ServiceDatabase
from harness.processes import SHOP, Process, client, service_process
from mandegar.http_client import HttpClient

SHOP_SETTINGS = {
    "name": "Atlas",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": "shop@example.test",
}


class StartService(Protocol):
    async def __call__(self, name: str, only: str = "", **environment: str) -> Process: ...


@dataclass
class Door:
    """A source's way in."""

    http: httpx2.AsyncClient
    source_id: str

    async def post(self, *events: dict[str, object]) -> list[dict[str, object]]:
        """Post events, trying again as long as the answer asks for it; the results, one for each."""
        answer = await self.http.post("/v1/events", json=list(events))
        assert answer.status_code in {202, 422}, answer.text
        return answer.json()["results"]


@pytest.fixture
async def start_service(
    make_database: MakeDatabase, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[StartService]:
    """Gives ``await start_service("loyalty")``: a ready process on a database and topics of this test's own.

    ``start_service("loyalty", "web")`` and ``start_service("loyalty", "worker")`` are the two processes of one service.
    """
    async with AsyncExitStack() as stack:
        databases: dict[str, ServiceDatabase] = {}

        async def start(name: str, only: str = "", **environment: str) -> Process:
            if name not in databases:
                databases[name] = await make_database(name)
            log = tmp_path / f"{name}{only}.log"
            process = service_process(databases[name], kafka, topic_prefix, log, only=only, **environment)
            return await stack.enter_async_context(process)

        yield start


@pytest.fixture
async def make_door() -> AsyncIterator[object]:
    """Gives ``await make_door(ingest, historical=True)``: a shop with a source, ready to post."""
    async with AsyncExitStack() as stack:

        async def make(ingest: Process, **source: object) -> Door:
            operator = await stack.enter_async_context(client(ingest))
            answer = await operator.put(f"/v1/shops/{SHOP}", json=SHOP_SETTINGS)
            assert answer.status_code < 300, answer.text
            body = {"name": "platform", "trust": "server", "record_of_orders": True, "historical": False, **source}
            answer = await operator.post("/v1/sources", json=body)
            assert answer.status_code < 300, answer.text
            key = answer.json()["key"]
            http = await stack.enter_async_context(
                HttpClient(base_url=ingest.url, headers={"Authorization": f"Bearer {key}"}, timeout=20)
            )
            return Door(http, answer.json()["source_id"])

        yield make
