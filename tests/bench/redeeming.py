"""How fast points are reserved: a hundred clients at one purse, and a few at a thousand purses."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import cache, partial

from bench.connection import connect
from bench.figures import Measured
from bench.latency import percentiles
from bench.limits import UNLIMITED
from bench.load import SHOP
from bench.stage import Stage, clock_of_the_load
from builders.opening import opened
from harness.databases import ServiceDatabase
from harness.processes import service_process
from harness.producing import produce
from harness.tokens import token
from harness.waiting import eventually
from mandegar.events.topics import INGEST_EVENTS

PURSES = 1_000
POINTS_OF_EACH = 1_000_000
POINTS = 7
CLIENTS_AT_ONE = 100
ROUNDS_AT_ONE = 20
CLIENTS_AT_MANY = 32
REDEMPTIONS_AT_MANY = 8_000
WITHIN_SECONDS = 60.0
P99_MAX_MS = 100.0
_BODY = f'{{"points":{POINTS}}}'.encode()
_HELD = "SELECT held FROM customers WHERE customer_id = $1"


async def measure(stage: Stage) -> list[Measured]:
    """At one purse: p50, p99, and answers that were wrong; at many purses: redemptions a second."""
    prefix = await stage.topics("redeem.")
    settings = {**UNLIMITED, "MANDEGAR_CLOCK": clock_of_the_load()}
    purses = [f"purse-{number}" for number in range(PURSES)]
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(stage.database("loyalty"))
        log = stage.directory / f"{prefix}loyalty.log"
        async with service_process(database, stage.kafka, prefix, log, only="worker", **settings):
            lots = [opened("lot", POINTS_OF_EACH, customer=purse, shop=SHOP) for purse in purses]
            await produce(stage.kafka, f"{prefix}{INGEST_EVENTS}", lots)
            fetch = partial(database.worker.fetchval, "SELECT count(*) FROM customers WHERE available > 0")
            await eventually(fetch, lambda count: count == PURSES, seconds=WITHIN_SECONDS)
        web = await stack.enter_async_context(
            service_process(database, stage.kafka, prefix, log, only="web", **settings)
        )
        meter = stage.meter([web.pid])
        rounds = max(round(ROUNDS_AT_ONE * stage.scale), 4)
        times, wrong = await _at_one_purse(web.url, database, purses[0], rounds)
        stage.log(f"  {len(times):,} redemptions of one purse: {meter.per_event(len(times))}")
        count = stage.count(REDEMPTIONS_AT_MANY)
        meter = stage.meter([web.pid])
        seconds = await _at_many(web.url, purses, count)
        return [*percentiles(times), Measured(wrong), Measured(count / seconds, meter.per_event(count))]


async def _at_one_purse(url: str, database: ServiceDatabase, purse: str, rounds: int) -> tuple[Sequence[float], int]:
    """Seconds of each answer, and how many were wrong: not granted, or without the points being held."""
    times: list[float] = []
    granted = 0

    async def client(number: int) -> None:
        nonlocal granted
        connection = await connect(url)
        for each in range(rounds):
            began = time.monotonic()
            answer = await connection.ask(_reserve(purse, f"one-{number}-{each}"))
            times.append(time.monotonic() - began)
            granted += answer.status == 201
        connection.close()

    await asyncio.gather(*(client(number) for number in range(CLIENTS_AT_ONE)))
    held = await database.worker.fetchval(_HELD, purse)
    return times, len(times) - granted + abs(held // POINTS - granted)


async def _at_many(url: str, purses: Sequence[str], count: int) -> float:
    numbers = iter(range(count))
    began = time.monotonic()

    async def client() -> None:
        connection = await connect(url)
        for number in numbers:
            answer = await connection.ask(_reserve(purses[number % len(purses)], f"many-{number}"))
            assert answer.status == 201, f"{answer.status}: {answer.body[:300]!r}"
        connection.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS_AT_MANY)))
    return time.monotonic() - began


@cache
def _token() -> str:
    return token(SHOP, "points:spend")


def _reserve(purse: str, key: str) -> bytes:
    head = (
        f"POST /v1/customers/{purse}/redemptions HTTP/1.1\r\nHost: bench\r\n"
        f"Authorization: Bearer {_token()}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    )
    return head.encode() + _BODY
