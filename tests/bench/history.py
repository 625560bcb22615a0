"""What the newest orders of a customer cost a service, by how many the customer has before them."""

import asyncio
import time
from collections.abc import Sequence
from statistics import fmean, harmonic_mean
from typing import NamedTuple

import asyncpg

from bench import bought
from bench.cpu import PerEvent
from bench.figures import Measured
from bench.load import PARTITIONS, SHOP
from bench.members import members_of
from bench.replay import drained
from bench.stage import Stage, clock_of_the_load
from harness.databases import ServiceDatabase
from harness.producing import produce
from mandegar.events.topics import INGEST_EVENTS

FEW, MANY, VERY_MANY = 5, 500, 5_000
# So few newest orders that a customer of few stays one, of so many customers that they fill several batches.
CUSTOMERS, NEWEST = 500, 20
CUSTOMERS_WITH_VERY_MANY, NEWEST_BEHIND_VERY_MANY = 40, 200
# Times that few and many are measured in a whole run, each time with other customers.
TURNS = 2
LOOK_SECONDS = 0.03
IMPORTED_WITHIN_SECONDS = 400.0
APPLIED = "SELECT coalesce(sum(events), 0)::bigint FROM applied WHERE type = 'order.paid'"
_IMPORTING = "SELECT EXISTS (SELECT 1 FROM customers WHERE backfill_until IS NOT NULL)"
_READ = "SELECT coalesce(sum(next_offset), 0)::bigint FROM offsets WHERE topic = 'ingest.events'"


class Group(NamedTuple):
    """Customers who have so many orders before the newest ones."""

    orders: int
    customers: Sequence[str]


async def measure(name: str, stage: Stage) -> list[Measured]:
    """Events a second behind few and many orders, and the ratio; the same for few and very many of fewer customers.

    All customers are in one database, so that only their own histories differ. One replica applies the newest orders.
    """
    turns = max(round(TURNS * stage.scale), 1)
    pairs = [(_group(FEW, f"few{turn}"), _group(MANY, f"many{turn}")) for turn in range(turns)]
    heavy = (_group(FEW, "light", CUSTOMERS_WITH_VERY_MANY), _group(VERY_MANY, "heavy", CUSTOMERS_WITH_VERY_MANY))
    prefix = await stage.topics(f"{name}.history.")
    async with stage.database(name) as database:
        async with members_of(database, stage, prefix, 1, MANDEGAR_CLOCK=clock_of_the_load()):
            await import_history(stage, database, f"{prefix}{INGEST_EVENTS}", [*(g for p in pairs for g in p), *heavy])
        await _rest(stage, database)
        found: dict[int, list[Measured]] = {FEW: [], MANY: []}
        for turn, pair in enumerate(pairs):
            for group in pair if turn % 2 == 0 else reversed(pair):
                found[group.orders].append(await _newest(stage, database, prefix, group, NEWEST))
        light, very_many = [await _newest(stage, database, prefix, group, NEWEST_BEHIND_VERY_MANY) for group in heavy]
    few, many = _mean(found[FEW]), _mean(found[MANY])
    ratio, other_ratio = Measured(many.value / few.value), Measured(very_many.value / light.value)
    return [few, many, ratio, light, very_many, other_ratio]


def _group(orders: int, name: str, customers: int = CUSTOMERS) -> Group:
    return Group(orders, [f"{name}-{number}" for number in range(customers)])


async def _newest(stage: Stage, database: ServiceDatabase, prefix: str, group: Group, newest: int) -> Measured:
    """The speed at which one replica applies the newest orders, from the end of its first batch on."""
    await produce(stage.kafka, f"{prefix}{INGEST_EVENTS}", bought.newest(group.customers, newest))
    before = await database.worker.fetchval(_READ)
    total = before + len(group.customers) * newest
    async with members_of(database, stage, prefix, 1, MANDEGAR_CLOCK=clock_of_the_load()) as members:
        while await database.worker.fetchval(_READ) == before:
            await asyncio.sleep(LOOK_SECONDS / 10)
        speed, _ = await drained(stage, members, database, total, LOOK_SECONDS)
    stage.log(f"  {group.orders:,} orders before: {speed.value:,.0f}/s")
    return speed


def _mean(several: Sequence[Measured]) -> Measured:
    """Of measurements of as many events each."""
    cpu = [one.cpu for one in several if one.cpu is not None]
    return Measured(harmonic_mean(one.value for one in several), PerEvent(*map(fmean, zip(*cpu, strict=True))))


async def _rest(stage: Stage, database: ServiceDatabase) -> None:
    """Have done what an import leaves to be done, which else the first measurements would pay for."""
    for url, statement in ((database.owner_url, "VACUUM ANALYZE"), (stage.admin_url, "CHECKPOINT")):
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def import_history(
    stage: Stage, database: ServiceDatabase, topic: str, groups: Sequence[Group], shops: Sequence[str] = (SHOP,)
) -> None:
    """So many orders of each customer through the running service, until all of them are settled."""
    customers = sum(len(group.customers) for group in groups)
    total, began = sum(len(group.customers) * group.orders for group in groups), time.monotonic()
    stage.log(f"  {database.service}: importing {total:,} orders of {customers:,} customers")
    histories = (order for group in groups for order in bought.history(group.customers, group.orders))
    await bought.produce_history(stage.kafka, topic, histories, shops)
    async with asyncio.timeout(IMPORTED_WITHIN_SECONDS):
        while await database.worker.fetchval(APPLIED) < total:
            await asyncio.sleep(0.25)
        await bought.close_source(stage.kafka, topic)
        read = total + (len(shops) + 1) * PARTITIONS
        while await database.worker.fetchval(_READ) < read or (
            database.service != "notify" and await database.worker.fetchval(_IMPORTING)
        ):
            await asyncio.sleep(0.25)
    stage.log(f"  imported and settled in {time.monotonic() - began:.0f} s")
