"""Connection pools with the time limits that every session must have."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

Row: TypeAlias = asyncpg.Record
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

if TYPE_CHECKING:
    # Told apart by the type checker alone, so that a statement that writes cannot be given a session that only reads.
    class WorkerConnection(PoolConnectionProxy[asyncpg.Record]):
        """A transaction of the worker role: it sees and changes the rows of every shop."""

    class ShopConnection(PoolConnectionProxy[asyncpg.Record]):
        """A transaction of the web role: it sees and changes the rows of one shop."""

    class ReadConnection(PoolConnectionProxy[asyncpg.Record]):
        """A transaction of the web role that only reads, and only the rows of one shop."""
else:
    WorkerConnection = ShopConnection = ReadConnection = PoolConnectionProxy

WriteConnection: TypeAlias = "WorkerConnection | ShopConnection"

COMMAND_TIMEOUT_SECONDS = 15.0
# Both timeouts are below Kafka's session timeout: a frozen holder must lose its locks before its partitions find a new
# owner. Custom plans: a plan made while a table was empty would go on reading all of it once it is full.
_SESSION = {
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "4s",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
    "timezone": "UTC",
}
# Batches and front ends look rows up one by one, by key: from a few hundred keys on, the planner would rather read all
# customers of all shops and throw most of them away, at a cost that grows with the table instead of the batch.
BY_KEY = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off", "random_page_cost": "1.1"}
# Lists, counts, KPIs and histograms read many rows at once: the planner decides.
BY_SET = {"random_page_cost": "1.1"}


async def _speak_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )


async def _keep_session(_: object) -> None:
    """Nothing outlives a transaction here (no session settings, cursors, LISTEN or session locks): reset nothing.

    The driver would else ask the server to reset everything after each transaction: one answer more to wait for.
    """


async def open_pool(url: str, *, name: str, size_max: int, reading: Mapping[str, str] = BY_KEY) -> Pool:
    """Open a pool of at most ``size_max`` connections; ``name`` is what the server's activity view shows.

    ``reading`` says how the planner may read: ``BY_KEY`` or ``BY_SET``. jsonb columns take and give plain Python
    values. Raises ``OSError`` or ``asyncpg.PostgresError`` when the server cannot be reached within ten seconds.
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
        server_settings={**_SESSION, **reading, "application_name": name},
    )
