"""Loyalty in this process, and what its tests ask of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from builders.shops import shop_updated
from harness.databases import ServiceDatabase
from harness.in_process import SHOP, InProcess, in_process
from loyalty.main import SERVICE
from mandegar.events import Event


@dataclass
class Loyalty(InProcess):
    """One loyalty service without its processes."""

    async def balance(self, customer: str = "c") -> dict[str, Any]:
        answer = await self.get(f"/v1/customers/{customer}/balance")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def put_programme(self, text: str, *, shop: str = SHOP, **query: str) -> Any:
        headers = {"Content-Type": "application/yaml"}
        return await self.ask(
            "PUT", "/v1/programme", "programme:write", shop=shop, content=text.encode(), headers=headers, params=query
        )


def kinds(events: Sequence[Event]) -> list[tuple[str, int]]:
    """The kind and points of every entry that ``events`` tell of."""
    return [
        (entry.kind, entry.points) for event in events if event.type == "points.posted" for entry in event.data.entries
    ]


@asynccontextmanager
async def loyalty_service(database: ServiceDatabase, **settings: Any) -> AsyncIterator[Loyalty]:
    """Loyalty on a migrated, empty database; it knows one shop in Tehran, and it is noon there."""
    async with in_process(SERVICE, database, **settings) as parts:
        loyalty = Loyalty(*parts)
        await loyalty.deliver(shop_updated())
        yield loyalty
