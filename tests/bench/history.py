"""What the newest orders of a customer cost a service, by how many the customer has before them."""

import asyncio
import time
from collections.abc import Sequence

from bench import bought
from bench.figures import Measured
from bench.load import PARTITIONS, SHOP
from bench.members import members_of
from bench.replay import drained
from bench.stage import Stage, clock_of_the_load
from harness.databases import ServiceDatabase
from mandegar.events.topics import INGEST_EVENTS

FEW, MANY, VERY_MANY = 5, 500, 5_000
CUSTOMERS = 1_000
CUSTOMERS_WITH_VERY_MANY = 100
# However small a run is, its newest orders fill several batches.
SCALE_MIN = 0.4
NEWEST, NEWEST_BEHIND_VERY_MANY = 20, 100
LOOK_SECONDS = 0.03
IMPORTED_WITHIN_SECONDS = 400.0
APPLIED = "SELECT coalesce(sum(events), 0)::bigint FROM applied WHERE type = 'order.paid'"
_IMPORTING = "SELECT EXISTS (SELECT 1 FROM customers WHERE backfill_until IS NOT NULL)"


async def measure(name: str, stage: Stage) -> list[Measured]:
    """Events a second behind few and many orders, the ratio, and events a second behind very many of fewer customers.

    One replica of the service applies the newest twenty (a hundred) orders of each customer.
    """
    few = await _newest(name, stage, FEW, CUSTOMERS)
    many = await _newest(name, stage, MANY, CUSTOMERS)
    very_many = await _newest(name, stage, VERY_MANY, CUSTOMERS_WITH_VERY_MANY, NEWEST_BEHIND_VERY_MANY)
    return [few, many, Measured(many.value / few.value), very_many]


async def _newest(name: str, stage: Stage, orders: int, full: int, newest: int = NEWEST) -> Measured:
    prefix = await stage.topics(f"{name}.history.{orders}.")
    topic = f"{prefix}{INGEST_EVENTS}"
    customers = [f"c-{number}" for number in range(int(full * max(stage.scale, SCALE_MIN)))]
    clock = clock_of_the_load()
    async with stage.database(name) as database:
        async with members_of(database, stage, prefix, 1, MANDEGAR_CLOCK=clock):
            await import_history(stage, database, topic, customers, orders)
        await bought.produce(stage.kafka, topic, bought.newest(customers, newest))
        async with members_of(database, stage, prefix, 1, MANDEGAR_CLOCK=clock) as members:
            total = len(customers) * (orders + newest) + 2 * PARTITIONS
            speed, _ = await drained(stage, members, database, total, LOOK_SECONDS)
            return speed


async def import_history(
    stage: Stage,
    database: ServiceDatabase,
    topic: str,
    customers: Sequence[str],
    orders: int,
    shops: Sequence[str] = (SHOP,),
) -> None:
    """So many orders of each customer through the running service, until all of them are settled."""
    total, began = len(customers) * orders, time.monotonic()
    stage.log(f"  {database.service}: importing {total:,} orders of {len(customers):,} customers")
    await bought.produce_history(stage.kafka, topic, customers, orders, shops)
    async with asyncio.timeout(IMPORTED_WITHIN_SECONDS):
        while await database.worker.fetchval(APPLIED) < total:
            await asyncio.sleep(0.25)
        await bought.close_source(stage.kafka, topic)
        while database.service != "notify" and await database.worker.fetchval(_IMPORTING):
            await asyncio.sleep(0.25)
    stage.log(f"  imported and settled in {time.monotonic() - began:.0f} s")
