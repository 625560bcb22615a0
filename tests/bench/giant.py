"""One customer with a hundred thousand orders, five hundred more of it, and another shop's order behind them all."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count

import orjson

from bench import bought
from bench.connection import get
from bench.figures import Measured
from bench.four_services import PROVIDERS
from bench.history import APPLIED, Group, import_history
from bench.latency import Connections
from bench.load import NOW, PARTITIONS, SHOP
from bench.members import Member, member
from bench.stage import Stage, clock_of_the_load
from harness.databases import ServiceDatabase
from harness.producing import produce
from harness.tokens import token
from mandegar.events import Event
from mandegar.events.topics import INGEST_EVENTS, partition_key, partition_of

GIANT = "walk-in"
ORDERS = 100_000
MORE = 500
OTHER_SHOP = "modest"
NEIGHBOUR_SECONDS_MAX = 10.0
MORE_SECONDS_MAX = 60.0
LOOKS_FOR_SECONDS = 120.0
LOOK_AGAIN_SECONDS = 0.1
_KNOWN = "SELECT EXISTS (SELECT 1 FROM customers WHERE (shop, customer_id) = ($1, $2))"
# Of the entries since then, because counting all of them would be load of its own.
_EARNED = """
    SELECT count(DISTINCT order_id) FROM entries
    WHERE (shop, customer_id) = ($1, $2) AND version > $3 AND kind = 'earn' AND starts_with(order_id, $4)
"""
_NEWEST = "SELECT coalesce(max(version), 0) FROM entries WHERE (shop, customer_id) = ($1, $2)"
_there = partition_of(partition_key(SHOP, GIANT), PARTITIONS)
_names = (f"m-{number}" for number in count())
_neighbours = (name for name in _names if partition_of(partition_key(OTHER_SHOP, name), PARTITIONS) == _there)


async def measure(name: str, stage: Stage) -> list[Measured]:
    """Seconds until the neighbour's order and the five hundred are applied; the same with one of them late."""
    prefix = await stage.topics(f"{name}.giant.")
    topic, orders = f"{prefix}{INGEST_EVENTS}", stage.count(ORDERS)
    settings = {"MANDEGAR_CLOCK": clock_of_the_load(), **PROVIDERS}
    async with stage.database(name) as database, member(database, stage, prefix, **settings) as replica:
        await import_history(stage, database, topic, [Group(orders, [GIANT])], (SHOP, OTHER_SHOP))
        look = _Look(database, replica, orders)
        found = await _watch(stage, topic, look, "n", [*bought.newest([GIANT], MORE, "n")])
        more = [*bought.newest([GIANT], MORE - 1, "m")]
        late = bought.paid(GIANT, "m-late", NOW - timedelta(days=2 * bought.HISTORY_DAYS))
        return found + await _watch(stage, topic, look, "m", [*more[: MORE // 2], late, *more[MORE // 2 :]])


class _Look:
    """How far a service is with the giant and its neighbours, by what it shows of them."""

    def __init__(self, database: ServiceDatabase, replica: Member, orders: int) -> None:
        self._database, self._web, self._orders = database, Connections(replica.url), orders
        self._newest = 0

    async def begin(self) -> None:
        """Five hundred more orders are about to come."""
        self._orders += MORE
        if self._database.service == "loyalty":
            self._newest = await self._database.worker.fetchval(_NEWEST, SHOP, GIANT)

    async def knows(self, neighbour: str) -> bool:
        known: bool = await self._database.worker.fetchval(_KNOWN, OTHER_SHOP, neighbour)
        return known

    async def has_all(self, kind: str) -> bool:
        """Whether every order has had its effect, those that came last among them."""
        match self._database.service:
            case "loyalty":
                earned = await self._database.worker.fetchval(_EARNED, SHOP, GIANT, self._newest, f"{kind}-")
                return bool(earned == MORE)
            case "churn":
                answer = await self._web.ask(get(f"/v1/customers/{GIANT}", token(SHOP, "customers:read")))
                return answer.status == 200 and orjson.loads(answer.body)["orders"]["orders"] == self._orders
            case _:
                applied = await self._database.worker.fetchval(APPLIED)
                return bool(applied >= self._orders)


async def _watch(stage: Stage, topic: str, look: _Look, kind: str, orders: list[Event]) -> list[Measured]:
    """Put the orders and the neighbour's behind them on the topic, and look until both are applied."""
    neighbour = next(_neighbours)
    behind = bought.paid(neighbour, f"b-{neighbour}", NOW - timedelta(hours=1), shop=OTHER_SHOP)
    await look.begin()
    await produce(stage.kafka, topic, [*orders, behind])
    began = time.monotonic()

    async def until(holds: Callable[[], Awaitable[bool]]) -> Measured:
        while (elapsed := time.monotonic() - began) < LOOKS_FOR_SECONDS:
            if await holds():
                return Measured(elapsed)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return Measured(math.inf)

    return [*await asyncio.gather(until(lambda: look.knows(neighbour)), until(lambda: look.has_all(kind)))]
