"""Connection pools with the time limits that every session must have."""

from typing import TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

Row: TypeAlias = asyncpg.Record
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

COMMAND_TIMEOUT_SECONDS = 15.0
# Both below Kafka's session timeout: a frozen holder must lose its locks before its partitions find a new owner.
# Custom plans: a plan that was made while a table was empty would go on reading all of it once it is full.
# Rows are looked up one by one, by key: from a few hundred keys on, the planner would rather read all customers of all
# shops and throw most of them away, at a cost that grows with the table instead of the batch.
_SESSION = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "random_page_cost": "1.1",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "4s",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
    "timezone": "UTC",
}


async def _speak_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )


async def _keep_session(_: object) -> None:
    """Nothing outlives a transaction here (no session settings, cursors, LISTEN or session locks): reset nothing.

    The driver would else ask the server to reset everything after each transaction: one answer more to wait for.
    """


async def open_pool(url: str, *, name: str, size_max: int) -> Pool:
    """Open a pool of at most ``size_max`` connections; ``name`` is what the server's activity view shows.

    jsonb columns take and give plain Python values. Raises ``OSError`` or ``asyncpg.PostgresError`` when the server
    cannot be reached within ten seconds.
    """
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size_max,
        timeout=10,
        command_timeout=COMMAND_TIMEOUT_SECONDS,
        max_inactive_connection_lifetime=300,
        init=_speak_json,
        reset=_keep_session,
        server_settings={**_SESSION, "application_name": name},
    )
