"""F10: PostgreSQL answers, slowly: a rogue session holds locks, every session is taken, checkpoints storm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from faults.drill import Drill
from faults.scenario import Scenario
from mandegar_local.ports import SERVICES

HELD_SECONDS = 10.0
SESSIONS = 190


async def database_is_slow(drill: Drill) -> None:
    async with drill.load(rate=60, seconds=60) as tally:
        async with drill.fault("offsets locked by a stranger", "postgres"), _locked(drill, "loyalty", "offsets"):
            await asyncio.sleep(HELD_SECONDS)
        async with drill.fault("history locked by a stranger", "postgres"), _locked(drill, "ingest", "events"):
            await asyncio.sleep(HELD_SECONDS)
        async with drill.fault("no session left", "postgres"), _all_sessions(drill):
            await asyncio.sleep(HELD_SECONDS)
        async with drill.fault("checkpoint storm", "postgres"):
            for _ in range(20):
                await drill.stack.fetch("ingest", "CHECKPOINT")
                await asyncio.sleep(0.3)
    wrong = {code: count for code, count in tally.statuses.items() if code not in {202, 422, 429, 503}}
    drill.expect(not wrong, f"answers other than 202, 422, 429 and 503: {wrong}")


@asynccontextmanager
async def _locked(drill: Drill, service: str, table: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(drill.stack.databases[service])
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


@asynccontextmanager
async def _all_sessions(drill: Drill) -> AsyncIterator[None]:
    """Sessions of the services are ended first, so that they have to ask for new ones and get none."""
    async with AsyncExitStack() as held:
        url = drill.stack.databases["ingest"]
        for number in range(SESSIONS):
            try:
                connection = await asyncpg.connect(url)
            except asyncpg.TooManyConnectionsError:
                drill.say(f"{number} sessions taken")
                break
            held.push_async_callback(connection.close)
            if number == SESSIONS // 2:
                names = "', '".join(SERVICES)
                await connection.execute(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('{names}') "
                    "AND application_name LIKE '%-worker'"
                )
        yield


SCENARIOS = [Scenario("F10", "locks held, no session left, checkpoint storm", database_is_slow, quiet_seconds=90)]
