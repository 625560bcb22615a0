"""F11: under load churn's database goes back to an older backup, and loyalty's is lost and rebuilt from the topics.

Ingest and notify are left as they are: what ingest accepted since a backup would be nowhere else, and what notify sent
since it would send again, but for what its providers recognise (docs/operations).
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from faults.drill import Drill
from faults.members import Replica
from faults.scenario import Scenario


async def a_backup_catches_up_and_a_lost_database_is_rebuilt(drill: Drill) -> None:
    stack = drill.stack
    async with drill.load(rate=100, seconds=10):
        await asyncio.sleep(8)
    async with _without(drill, "back up", "churn"):
        await _execute(drill, "churn", "CREATE DATABASE churn_backup TEMPLATE churn OWNER churn_owner")
    async with drill.load(rate=100, seconds=30):
        await asyncio.sleep(8)
        async with _without(drill, "restore", "churn"):
            await _execute(
                drill, "churn", "DROP DATABASE churn WITH (FORCE)", "ALTER DATABASE churn_backup RENAME TO churn"
            )
        await asyncio.sleep(4)
        told = await _entries(drill)
        async with _without(drill, "lose and rebuild", "loyalty") as loyalty:
            await _execute(drill, "loyalty", "DROP DATABASE loyalty WITH (FORCE)")
            await stack.make_databases("loyalty")
            await _rebuild(drill, loyalty)
            await stack.keep_offset_history("loyalty")
    drill.figures["entries before the loss"], drill.figures["at last"] = told, await _entries(drill)
    await stack.wait_ready()


@asynccontextmanager
async def _without(drill: Drill, what: str, service: str) -> AsyncIterator[Replica]:
    """The block runs while the service is ended; what it does to its database is a fault of its own."""
    replica = drill.stack.replica(service)
    async with drill.fault(what, service):
        await replica.end()
        yield replica
        replica.start()


async def _execute(drill: Drill, database: str, *statements: str) -> None:
    """Act on a database that nobody else uses."""
    admin = await asyncpg.connect(drill.stack.admin_url)
    try:
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database)
        for statement in statements:
            await admin.execute(statement)
        if await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database):
            await admin.execute(f'GRANT CONNECT ON DATABASE {database} TO "{database}_worker", "{database}_web"')
    finally:
        await admin.close()


async def _rebuild(drill: Drill, replica: Replica) -> None:
    """As an operator does it, with the command."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", replica.service, "rebuild"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **replica.worker.environment},
    )
    said, _ = await process.communicate()
    for line in said.decode(errors="replace").splitlines():
        drill.say(line)
    drill.expect(process.returncode == 0, f"rebuild of {replica.service} ended with {process.returncode}")


async def _entries(drill: Drill) -> int:
    return int((await drill.stack.fetch("loyalty", "SELECT count(*) AS n FROM entries"))[0]["n"])


SCENARIOS = [
    Scenario(
        "F11",
        "churn restored to an older backup, loyalty lost and rebuilt",
        a_backup_catches_up_and_a_lost_database_is_rebuilt,
        own_stack=True,
    )
]
