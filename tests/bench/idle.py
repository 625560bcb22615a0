"""A million customers to whom nothing happens: what they cost beyond the same shop without customers.

Of each service two processes lie idle side by side, one on a database full of customers and one on an empty one. What
either of them asks its database is read from the server's own counters, with autovacuum off.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg

from bench import idle_customers
from bench.cpu import spent
from bench.figures import Measured
from bench.stage import Stage
from harness.databases import ServiceDatabase
from harness.processes import service_process

SERVICES = ("loyalty", "churn")
CUSTOMERS = 1_000_000
WINDOW_SECONDS = 60.0
# Churn looks at every customer when it starts, and once more twenty seconds later.
REST_SECONDS = 60.0
REST_MIN_SECONDS = 35.0
# The rule, a minute: the timer wakes each five seconds and looks twice; what counters and clocks may be off by is free.
ROWS_READ_MAX = 24.0
ADDED_TRANSACTIONS_MAX = 6.0
ADDED_CPU_MAX = 1.0  # ms a second
_ROWS = """
    SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'customers')::bigint
    FROM pg_stat_user_tables WHERE relname = 'customers'
"""


@dataclass
class Idle:
    """One idle process and its database."""

    pid: int
    database: ServiceDatabase


class Counts(NamedTuple):
    """Transactions, rows and index entries of customers read, and seconds of CPU, since they began to be counted."""

    transactions: float
    rows: float
    cpu: float


async def measure(stage: Stage) -> list[Measured]:
    """Of each service: transactions, those that customers add, rows of theirs read (all a minute), CPU, CPU added."""
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(_without_autovacuum(stage.admin_url))
        idle = {
            (name, full): await stack.enter_async_context(_idle(stage, name, full=full))
            for name in SERVICES
            for full in (False, True)
        }
        stage.log("  everything rests")
        await asyncio.sleep(max(stage.seconds(REST_SECONDS), REST_MIN_SECONDS))
        before = {key: await _counts(admin, one) for key, one in idle.items()}
        seconds = max(stage.seconds(WINDOW_SECONDS), 15.0)
        await asyncio.sleep(seconds)
        after = {key: await _counts(admin, one) for key, one in idle.items()}
    found = []
    for name in SERVICES:
        empty, full = (
            Counts(*((now - then) / seconds for now, then in zip(after[key], before[key], strict=True)))
            for key in ((name, False), (name, True))
        )
        found += [
            Measured(60 * full.transactions),
            Measured(60 * (full.transactions - empty.transactions)),
            Measured(60 * full.rows),
            Measured(1_000 * full.cpu),
            Measured(1_000 * (full.cpu - empty.cpu)),
        ]
    return found


@asynccontextmanager
async def _without_autovacuum(admin_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    admin = await asyncpg.connect(admin_url)
    try:
        for statement in ("ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"):
            await admin.execute(statement)
        yield admin
    finally:
        for statement in ("ALTER SYSTEM RESET autovacuum", "SELECT pg_reload_conf()"):
            await admin.execute(statement)
        await admin.close()


@asynccontextmanager
async def _idle(stage: Stage, name: str, *, full: bool) -> AsyncIterator[Idle]:
    prefix = await stage.topics(f"{name}.idle.{'full' if full else 'empty'}.")
    async with stage.database(name) as database:
        count = stage.count(CUSTOMERS) if full else 0
        stage.log(f"  {name}: {count:,} customers, due in months or never")
        await idle_customers.insert(database, count)
        log = stage.directory / f"{prefix}log"
        async with service_process(database, stage.kafka, prefix, log) as process:
            yield Idle(process.pid, database)


async def _counts(admin: "asyncpg.Connection[asyncpg.Record]", idle: Idle) -> Counts:
    """Read from inside the database for its table, and from outside for its transactions, so as not to count itself."""
    inside = await asyncpg.connect(idle.database.owner_url)
    rows = await inside.fetchval(_ROWS)
    name = await inside.fetchval("SELECT current_database()")
    await inside.close()
    transactions = await admin.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = $1", name)
    return Counts(transactions, rows, spent(idle.pid))
