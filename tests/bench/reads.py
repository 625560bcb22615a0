"""What one web process answers of each hot read, and what a read costs, as ratios to the liveness probe of once.

The probe is a fixed reference: it was timed beside ``reference_app``, whose speed is measured in each run, so that
neither a faster nor a slower probe moves the targets.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

from bench import bought, load
from bench.connection import get
from bench.figures import Measured
from bench.four_services import PROVIDERS
from bench.limits import UNLIMITED
from bench.load import NOW, SHOP
from bench.reading import read_for
from bench.stage import Stage, clock_of_the_load
from builders.bands import crossed
from builders.customers import contact
from harness.databases import ServiceDatabase
from harness.processes import service_process
from harness.producing import produce
from harness.servers import free_port, is_taken
from harness.tokens import token
from harness.waiting import eventually
from loyalty.rewards.document import CATALOGUES
from mandegar.database import transaction
from mandegar.documents.rows import BEGINNING, Version, insert_version
from mandegar.events.topics import CHURN_EVENTS, INGEST_CONTACTS, INGEST_EVENTS

# Requests a second of the probe, through all of the product's layers as they were, by one of the reference.
PROBE = 0.42
CUSTOMERS = 1_000
ORDERS = 3
WINDOW_SECONDS = 10.0
WARM_SECONDS = 1.0
STATE_WITHIN_SECONDS = 120.0
READS = {
    "balance": ("loyalty", "/v1/customers/{}/balance"),
    "club": ("loyalty", "/v1/customers/{}/club"),
    "risk": ("churn", "/v1/customers/{}/risk"),
    "card": ("churn", "/v1/customers/{}"),
    "messages": ("notify", "/v1/customers/{}/messages"),
    "preferences": ("notify", "/v1/customers/{}/preferences"),
}
# By these, whether each customer has all that its answers show.
_STATE = {
    "loyalty": "SELECT count(*) FROM customers WHERE version > 0",
    "churn": "SELECT count(*) FROM cards WHERE points_version > 0 AND messages <> '[]'",
    "notify": "SELECT count(*) FROM customers WHERE points_version > 0",
}
_customers = [f"r-{number}" for number in range(CUSTOMERS)]


async def measure(stage: Stage) -> list[Measured]:
    """Requests a second of the probe; of each read its requests a second and their ratio to those of the probe."""
    prefix = await stage.topics("reads.")
    settings = {**PROVIDERS, **UNLIMITED, "MANDEGAR_CLOCK": clock_of_the_load()}
    async with AsyncExitStack() as stack:
        databases = {name: await stack.enter_async_context(stage.database(name)) for name in _STATE}
        await _make_state(stage, prefix, databases, settings)
        probe = PROBE * (await _of_the_reference(stage)).value
        found = [Measured(probe)]
        for read, (name, path) in READS.items():
            log = stage.directory / f"{prefix}{name}.web.log"
            async with service_process(databases[name], stage.kafka, prefix, log, only="web", **settings) as web:
                requests = [get(path.format(customer), token(SHOP, "customers:read")) for customer in _customers]
                measured = await _read(stage, web.url, web.pid, requests, read)
            found += [measured, Measured(measured.value / probe)]
    return found


async def _make_state(
    stage: Stage, prefix: str, databases: Mapping[str, ServiceDatabase], settings: Mapping[str, str]
) -> None:
    """Customers with orders, points, an address and a withheld message, by the workers of the services, which end."""
    orders = [
        bought.paid(customer, f"{customer}-{number}", NOW - timedelta(days=number + 1))
        for number in reversed(range(ORDERS))
        for customer in _customers
    ]
    contacts = [contact(granted="", customer=customer, shop=SHOP) for customer in _customers]
    crossings = [crossed(customer=customer, shop=SHOP) for customer in _customers]
    async with transaction(databases["loyalty"].worker) as connection:
        await insert_version(connection, CATALOGUES, Version(SHOP, "", 1, BEGINNING, _shelf(), NOW))
    async with AsyncExitStack() as stack:
        for name, database in databases.items():
            log = stage.directory / f"{prefix}{name}.worker.log"
            worker = service_process(database, stage.kafka, prefix, log, only="worker", **settings)
            await stack.enter_async_context(worker)
        await load.produce(stage.kafka, f"{prefix}{INGEST_EVENTS}", orders)
        await produce(stage.kafka, f"{prefix}{INGEST_CONTACTS}", contacts)
        await produce(stage.kafka, f"{prefix}{CHURN_EVENTS}", crossings)
        for name, query in _STATE.items():
            fetch = partial(databases[name].worker.fetchval, query)
            await eventually(fetch, lambda count: count == CUSTOMERS, seconds=STATE_WITHIN_SECONDS)
    stage.log(f"  {CUSTOMERS:,} customers, each with {ORDERS} orders, points and a message; no worker beside the reads")


def _shelf() -> str:
    """Ten rewards, of which every other has a stock."""
    rewards = [
        f"  - {{name: r-{number}, title: {{en: Reward}}, kind: gift, products: [tea], price: {number * 20}"
        + (", stock: 50}" if number % 2 else "}")
        for number in range(1, 11)
    ]
    return "\n".join(["version: 1", "currency: IRR", "rewards:", *rewards])


async def _read(stage: Stage, url: str, pid: int, requests: Sequence[bytes], what: str) -> Measured:
    """Requests a second of one process, with its CPU and that of PostgreSQL for each."""
    await read_for(url, requests, WARM_SECONDS)
    meter = stage.meter([pid])
    statuses, seconds, client = await read_for(url, requests, stage.seconds(WINDOW_SECONDS))
    count = statuses[b"200"]
    assert statuses.keys() == {b"200"}, f"{what}: answers {dict(statuses)}"
    measured = Measured(count / seconds, meter.per_event(count))
    stage.log(f"  {what}: {measured.value:,.0f}/s, the client kept {client / seconds:.2f} cores busy")
    return measured


async def _of_the_reference(stage: Stage) -> Measured:
    port = free_port()
    command = [sys.executable, "-m", "bench.reference_app", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    child = await asyncio.to_thread(subprocess.Popen, command, env=environment)
    try:
        await eventually(lambda: is_taken(port), bool)
        url = f"http://127.0.0.1:{port}"
        return await _read(stage, url, child.pid, [get("/livez", "")], "the reference")
    finally:
        child.kill()
        await asyncio.to_thread(child.wait)
