"""Beside a stream of events: how soon a posted order can be read as balance and score, and how fast answers are."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any

import orjson

from bench.connection import connect, get, post, read_statuses
from bench.door_mix import bodies, paid
from bench.figures import Measured
from bench.four_services import FourServices, four_services
from bench.latency import Connections, at_rate, percentiles
from bench.load import CUSTOMERS
from bench.stage import Stage
from harness.processes import SHOP
from harness.tokens import token

EVENTS_A_SECOND = 500
SAMPLES_A_SECOND = 10
WINDOW_SECONDS = 30.0
SETTLE_SECONDS = 2.0
WARM_EVENTS = 20_000
LOOK_AGAIN_SECONDS = 0.005
READ_WITHIN_SECONDS = 30.0
PATHS = {"loyalty": "/v1/customers/{}/balance", "churn": "/v1/customers/{}/risk"}
_numbers = count()


async def measure_freshness(stage: Stage) -> list[Measured]:
    """p50 and p99 from the door's answer until both services show the new customer's first order."""
    took: list[float] = []
    async with four_services(stage, "freshness.") as four:
        watch = _Reader(four)

        async def sample(_: int) -> None:
            customer = f"fresh-{next(_numbers)}"
            body = orjson.dumps(paid(f"e-{customer}", customer, f"o-{customer}", 1_000_000))
            answer = await watch.door.ask(post("/v1/events", four.key, body))
            answered = time.monotonic()
            assert read_statuses(answer) == ["accepted"], answer.body
            took.append(max(await asyncio.gather(*(watch.shown(name, customer) for name in PATHS))) - answered)

        await _beside_writes(stage, four, SAMPLES_A_SECOND, sample)
    return percentiles(took)


async def measure_queries(stage: Stage, rate: float) -> list[Measured]:
    """Balances and scores of known customers, half of each, beside as many events a second.

    Their p50 and p99, how many were answered otherwise than with 200, and the CPU of one in the process that answers.
    """
    took: list[float] = []
    refused: Counter[int] = Counter()
    chooser = random.Random(1)
    async with four_services(stage, f"queries.{rate:.0f}.") as four:
        reader = _Reader(four)
        known = await _warm(stage, four, reader)

        async def query(number: int) -> None:
            name = ("loyalty", "churn")[number % 2]
            began = time.monotonic()
            status = await reader.status(name, chooser.choice(known))
            took.append(time.monotonic() - began)
            refused.update([status] if status != 200 else [])

        answering = stage.meter([four.services[name].web.pid for name in PATHS])
        await _beside_writes(stage, four, rate, query, events_a_second=rate)
        cpu = answering.per_event(len(took)).ours
    stage.log(f"  {len(took):,} queries, other answers than 200: {dict(refused) or 'none'}")
    return [*percentiles(took), Measured(refused.total()), Measured(cpu)]


class _Reader:
    """Connections to all doors, and a token to read with."""

    def __init__(self, four: FourServices) -> None:
        self.door = Connections(four.services["ingest"].url)
        self._services = {name: Connections(four.services[name].url) for name in PATHS}
        self._token = token(SHOP, "customers:read")

    async def status(self, name: str, customer: str) -> int:
        return (await self._services[name].ask(get(PATHS[name].format(customer), self._token))).status

    async def shown(self, name: str, customer: str) -> float:
        """When a service first knew the customer."""
        async with asyncio.timeout(READ_WITHIN_SECONDS):
            while (status := await self.status(name, customer)) == 404:
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        assert status == 200, f"{name} answered {status}"
        return time.monotonic()


async def _beside_writes(
    stage: Stage,
    four: FourServices,
    rate: float,
    ask: Callable[[int], Coroutine[Any, Any, None]],
    events_a_second: float = EVENTS_A_SECOND,
) -> None:
    """Call ``ask`` so many times a second while events are written, once those have settled."""
    seconds = stage.seconds(WINDOW_SECONDS)
    async with asyncio.TaskGroup() as group:
        group.create_task(_writes(four, events_a_second, seconds + SETTLE_SECONDS))
        await asyncio.sleep(SETTLE_SECONDS)
        shares = stage.shares(four.pids)
        await at_rate(rate, seconds, ask)
        stage.log(f"  {shares.cores()}")


async def _writes(four: FourServices, rate: float, seconds: float) -> None:
    """The mix, one event a request."""
    door, requests = Connections(four.services["ingest"].url), bodies(1, seed=2)

    async def write(_: int) -> None:
        read_statuses(await door.ask(post("/v1/events", four.key, next(requests))))

    await at_rate(rate, seconds, write)
    door.close()


async def _warm(stage: Stage, four: FourServices, reader: _Reader) -> list[str]:
    """Customers whom both services know: each has bought once."""
    connection = await connect(four.services["ingest"].url)
    known = [f"c-{number}" for number in range(min(stage.count(WARM_EVENTS), CUSTOMERS))]
    for start in range(0, len(known), 100):
        some = [paid(f"w-{customer}", customer, f"w-{customer}", 500_000) for customer in known[start : start + 100]]
        read_statuses(await connection.ask(post("/v1/events", four.key, orjson.dumps(some))))
    connection.close()
    for name in PATHS:
        while (await four.look()).waiting:
            await asyncio.sleep(0.1)
        await reader.shown(name, known[-1])
    return known
