"""Shops that ask at once, on few connections, while requests are cancelled, transactions fail and backends are killed.

No answer tells one shop of another's customer, and no connection keeps a shop. The rounds come from a fixed seed.
"""

import asyncio
import json
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from harness.operations import Operation
from harness.tokens import token
from harness.two_shops import EVIL, OPENED, VICTIM, Asked, opened
from mandegar.database import Pool, as_shop, is_transient
from mandegar.tokens import SCOPES

REQUESTS = 300
AT_ONCE = 12
OWN = {EVIL: "c-of-evil"}
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = $2 AND pid % 3 = $3"
# The shop that a connection has, and how many shops it sees.
LEFT = "SELECT coalesce(current_setting('app.shop', true), '') AS shop, (SELECT count(*) FROM shops) AS seen"
# These repeat what the shop itself has tried, the other's names included.
OWN_WORDS = "/v1/audit"
EXPORT = "/v1/customers/{customer_id}/export"


def not_its_own_words(operation: Operation, answer: Any) -> str:
    """The answer without what repeats whom the shop itself has asked for."""
    if operation.template == EXPORT and answer.status_code == 200:
        return json.dumps({table: rows for table, rows in answer.json()["rows"].items() if table != "acts"})
    return "" if operation.template == OWN_WORDS else str(answer.text)


async def ask_at_random(asked: Asked, operations: list[Operation], draw: random.Random, told: Counter[str]) -> None:
    """One request of one of the shops for its own customer or the other's, perhaps given up at some moment."""
    shop = draw.choice([asked.shop, EVIL])
    own, foreign = (VICTIM, OWN[EVIL]) if shop == asked.shop else (OWN[EVIL], VICTIM)
    operation, customer = draw.choice(operations), draw.choice([own, own, foreign])
    subject = draw.choice([None, None, customer])
    bearer = token(shop, " ".join(SCOPES), subject=subject)
    asking: asyncio.Task[Any] = asyncio.create_task(asked.ask(operation, bearer, customer_id=customer))
    if draw.random() < 0.25:
        await asyncio.sleep(draw.random() * 0.02)
        asking.cancel()
    with suppress(asyncio.CancelledError):
        answer = await asking
        told[f"{answer.status_code // 100}xx"] += 1
        if answer.status_code == 200 and own in answer.text:
            told["of its own customer"] += 1
        assert foreign not in not_its_own_words(operation, answer), (str(operation), shop, answer.text)
        assert answer.status_code < 500 or answer.status_code == 503, (str(operation), answer.text)
        assert answer.status_code != 503 or "retry-after" in answer.headers


async def fail_again_and_again(pool: Pool) -> None:
    """Transactions of the first shop that end by an error of their own, or of the killed backend."""
    while True:
        (ended,) = await asyncio.gather(_failing(pool), return_exceptions=True)
        assert isinstance(ended, Exception), ended
        assert is_transient(ended) or isinstance(ended, asyncpg.DivisionByZeroError), ended
        await asyncio.sleep(0.02)


async def _failing(pool: Pool) -> None:
    async with as_shop(pool, "s") as connection:
        await connection.fetch("SELECT 1 / 0 FROM customers")


async def kill_again_and_again(admin: asyncpg.Connection, name: str, user: str) -> None:
    """A third of the web role's backends, every now and then."""
    for number in range(10_000):
        await asyncio.sleep(0.2)
        await admin.fetch(KILL, name, user, number % 3)


@pytest.mark.parametrize("name", OPENED)
async def test_no_answer_and_no_connection_tells_of_another_shop(make_database, postgres, name):
    draw, told = random.Random(13), Counter[str]()
    async with opened(name, await make_database(name)) as asked:
        pool = asked.service.context.web
        operations = [each for each in await asked.operations() if each.access["by"] == "token"]
        admin = await asyncpg.connect(postgres)
        database = asked.service.database.web_url.rpartition("/")[2]
        beside = [
            asyncio.create_task(fail_again_and_again(pool)),
            asyncio.create_task(kill_again_and_again(admin, database, f"{name}_web")),
        ]
        places = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with places:
                await ask_at_random(asked, operations, draw, told)

        async with asyncio.TaskGroup() as group:
            for _ in range(REQUESTS):
                group.create_task(one())
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        await admin.close()

        assert told["of its own customer"] > 10, told  # there was something to tell
        async with asyncio.timeout(30):  # each place of the pool is free again, but for those that reads keep
            kept = await asyncio.gather(*(pool.reads.fetch(LEFT, seconds=30) for _ in range(pool.get_max_size() // 2)))
            connections = [await pool.acquire() for _ in range(pool.get_max_size() - len(kept))]
        left = [rows[0] for rows in kept] + [await connection.fetchrow(LEFT) for connection in connections]
        for connection in connections:
            await pool.release(connection)

    assert {(row["shop"], row["seen"]) for row in left} == {("", 0)}
