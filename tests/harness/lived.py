"""A shop that has lived for a while in four services: what it was told, and how to wait until all stand still."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from harness.databases import ServiceDatabase
from harness.processes import Process, client
from harness.servers import free_port
from harness.waiting import eventually
from mandegar.events.topics import TOPICS

NOW = datetime.now(UTC).replace(microsecond=0)
SERVICES = ("ingest", "loyalty", "churn", "notify")
PROGRAMME = """
version: 1
currency: IRR
earn: {points: 3, per: 100000}
hold: {days: 14}
expiry: {days: 365, warn_days: 14}
tiers:
  window_days: 3650
  levels:
    - {name: bronze, spend: 0, multiplier: 1}
    - {name: silver, spend: 20000000, multiplier: 2}
"""

JOURNEY = """
version: 1
trigger: {event: points.expiring, when: {points: {at_least: 2}}}
channel: sms
template: points_expiring
send_no_later_than: {field: expires_at}
"""


def order(number: int, customer: str, days_ago: float, kind: str = "paid", **data: Any) -> dict[str, object]:
    told = {"id": customer, "phone": f"0912123{number:04}", "email": f"c{number}@example.test"}
    if number % 2:
        told["consent"] = {"sms": True, "email": True}
    return {
        "id": f"{kind}-{number}",
        "type": f"order.{kind}" if kind != "refund" else "refund.issued",
        "time": (NOW - timedelta(days=days_ago)).isoformat(),
        "customer": told,
        "data": {"order_id": f"o-{number}", "currency": "IRR", **data},
    }


def history() -> list[dict[str, object]]:
    """Orders of thirty customers over two years, some given back, some whose points are about to go; of three more
    everything is given back.
    """
    events = [order(500 + n, f"gone-{n}", 40 + 70 * n, total="9000000") for n in range(3)]
    events += [
        order(number, f"c-{number % 30}", 720 - 7 * number, total=str(1_000_000 * (number % 9 + 1)))
        for number in range(100)
    ]
    events += [order(200 + n, f"c-{n}", 365 + n / 5, total="9000000") for n in range(10)]
    events += [
        order(number, f"c-{number % 30}", 5, "refund", refund_id=f"r-{number}", amount="500000")
        for number in range(0, 100, 7)
    ]
    events += [order(500 + n, f"gone-{n}", 1, "refund", refund_id=f"g-{n}", amount="9000000") for n in range(3)]
    events += [{"id": f"v-{n}", "type": "product.viewed", "customer": {"id": f"c-{n}"}, "data": {}} for n in range(30)]
    return events


async def is_quiet(processes: Mapping[str, Process]) -> list[Any]:
    said = []
    for process in processes.values():
        async with client(process, shop="*") as http:
            answer = (await http.get("/v1/stream")).json()
        said += [answer["outbox"]["rows"], *(group["lag_records"] for group in answer["groups"].values())]
    return said


async def quiet(processes: Mapping[str, Process]) -> None:
    """Wait until nothing is under way, and has not been for a moment."""
    for _ in range(2):
        await eventually(lambda: is_quiet(processes), lambda seen: not any(seen), seconds=60)
        await asyncio.sleep(0.5)  # what no figure shows: records between a relay and a lane


_UNFITTED = """
    SELECT count(*) FROM customers c
    WHERE x IS NOT NULL AND first_day < current_date - date '0001-01-01'
      AND model_version IS DISTINCT FROM (SELECT max(version) FROM models m WHERE m.shop = c.shop)
"""


async def fitted(churn: Process, database: ServiceDatabase) -> None:
    """Restart churn, which then fits each shop as of today, as a rebuild does; wait until its customers follow."""
    assert await asyncio.to_thread(churn.terminate) == 0
    churn.start()
    await churn.ready()
    await eventually(lambda: database.worker.fetchval(_UNFITTED), lambda left: left == 0, seconds=150)
    await quiet({"churn": churn})


async def ends(kafka: str, prefix: str) -> dict[str, int]:
    """How many records each topic has."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        found = {}
        for topic in TOPICS:
            partitions = [TopicPartition(prefix + topic.name, number) for number in range(12)]
            found[topic.name] = sum((await consumer.end_offsets(partitions)).values())
        return found
    finally:
        await consumer.stop()


@asynccontextmanager
async def sms_gateway(directory: Path) -> AsyncIterator[str]:
    """An SMS gateway that keeps what it is given."""
    port = free_port()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mandegar_local.sms_outbox", str(directory), str(port)),
        env={**os.environ, "MANDEGAR_SMS_API_KEY": "key"},
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        await child.wait()
