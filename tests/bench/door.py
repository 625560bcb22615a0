"""The door under load: batches of a hundred, each answered only when it is durable."""

import asyncio
import time
from pathlib import Path

import httpx2
import orjson

from harness.databases import ServiceDatabase
from harness.processes import SHOP, Process, client, service_process

BATCH = 100
CONNECTIONS = 8
SHOP_SETTINGS = {
    "name": "Bench",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": "shop@example.test",
    "sms_sender": "1000",
}


def body(number: int) -> bytes:
    """A batch of orders as a shop's platform sends them."""
    return orjson.dumps(
        [
            {
                "id": f"e-{number}-{index}",
                "type": "order.paid",
                "time": "2026-11-20T10:00:00Z",
                "customer": {"id": f"c-{(number * BATCH + index) * 7919 % 100_000}"},
                "data": {
                    "order_id": f"o-{number}-{index}",
                    "currency": "IRR",
                    "total": "12500000",
                    "items": [{"product_id": "p-7", "quantity": 2, "unit_price": "6250000"}],
                },
            }
            for index in range(BATCH)
        ]
    )


async def measure(database: ServiceDatabase, kafka: str, prefix: str, log: Path, total: int) -> float:
    """Events a second that the door answered as accepted; relay running beside it."""
    bodies = [body(number) for number in range(total // BATCH)]
    async with service_process(database, kafka, prefix, log) as ingest:
        key = await _source_key(ingest)
        accepted = 0
        waiting = iter(bodies)

        async def connection() -> None:
            nonlocal accepted
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            async with httpx2.AsyncClient(base_url=ingest.url, headers=headers, timeout=30) as http:
                for content in waiting:
                    answer = await http.post("/v1/events", content=content)
                    assert answer.status_code == 202, answer.text
                    accepted += answer.content.count(b'"accepted"')

        began = time.monotonic()
        await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
        elapsed = time.monotonic() - began
    assert accepted == len(bodies) * BATCH, f"accepted {accepted} of {len(bodies) * BATCH}"
    return accepted / elapsed


async def _source_key(ingest: Process) -> str:
    async with client(ingest) as operator:
        (await operator.put(f"/v1/shops/{SHOP}", json=SHOP_SETTINGS)).raise_for_status()
        source = {"name": "bench", "trust": "server", "record_of_orders": True, "historical": False}
        answer = (await operator.post("/v1/sources", json=source)).raise_for_status()
        key: str = answer.json()["key"]
        return key
