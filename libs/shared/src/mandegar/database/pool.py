"""Connection pools whose sessions have time limits and planner settings, and the types of their connections."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from mandegar.database.read_connections import ReadConnections
from mandegar.database.transient import TRANSIENT_CLASSES

Row: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

if TYPE_CHECKING:
    _Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]

    # Different types for the type checker alone: it refuses a read-only connection for a function that writes.
    class WorkerConnection(PoolConnectionProxy[asyncpg.Record]):
        """A transaction of the worker role: it sees and changes the rows of every shop."""

    class ShopConnection(PoolConnectionProxy[asyncpg.Record]):
        """A transaction of the web role: it sees and changes the rows of one shop."""

    class ReadConnection(PoolConnectionProxy[asyncpg.Record]):
        """A transaction of the web role that only reads, and only the rows of one shop."""
else:
    _Pool = asyncpg.Pool
    WorkerConnection = ShopConnection = ReadConnection = PoolConnectionProxy

WriteConnection: TypeAlias = "WorkerConnection | ShopConnection"

COMMAND_TIMEOUT_SECONDS = 15.0
ANSWER_SECONDS = 2.0
# Both timeouts are below Kafka's session timeout (6 s), so that a frozen process loses its row locks before another one
# gets its partitions. Custom plans, because a cached plan made while a table was empty would scan it once it is full.
_SESSION = {
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "4s",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
    "timezone": "UTC",
}
# For batches and single reads, which look rows up by key. From a few hundred keys on, the planner would otherwise scan
# the rows of all shops, at a cost that grows with the table instead of the batch.
BY_KEY = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off", "random_page_cost": "1.1"}
# For lists, counts, KPIs and histograms, which read many rows: the planner chooses.
BY_SET = {"random_page_cost": "1.1"}


class Pool(_Pool):
    """Connections for transactions, some of which ``reads`` keeps for reads of one statement."""

    def __init__(self, *connect_args: Any, max_size: int, **options: Any) -> None:
        super().__init__(*connect_args, max_size=max_size, **options)
        self.reads = ReadConnections(self, max_size)


async def _decode_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )


async def _reset_nothing(_: object) -> None:
    """Replaces the driver's reset of a released connection, which costs a round trip.

    No session state outlives a transaction here: no session settings, cursors, LISTEN or session-level locks.
    """


async def ping(pool: Pool) -> None:
    """Return once the server answers a query. A cancellation closes the connection, whose server may be silent."""
    connection = await pool.acquire()
    try:
        await connection.fetchval("SELECT 1")
    except BaseException:
        connection.terminate()
        raise
    finally:
        await pool.release(connection)


async def answers(pool: Pool) -> bool:
    """Whether the server answers a query within ``ANSWER_SECONDS``."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await ping(pool)
    except TRANSIENT_CLASSES:
        return False
    return True


async def open_pool(
    url: str,
    *,
    name: str,
    size_max: int,
    size_min: int = 1,
    reading: Mapping[str, str] = BY_KEY,
    command_seconds: float = COMMAND_TIMEOUT_SECONDS,
) -> Pool:
    """Open a pool of at most ``size_max`` connections; ``name`` becomes their application name in PostgreSQL.

    ``reading`` holds the planner's settings: ``BY_KEY`` or ``BY_SET``. Values of jsonb columns are plain Python values.
    Raises ``OSError`` or ``asyncpg.PostgresError`` if the server does not answer within ten seconds. With
    a ``size_min`` of 0 nothing is connected yet.
    """
    return await Pool(
        url,
        min_size=size_min,
        max_size=size_max,
        max_queries=50_000,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        timeout=10,
        command_timeout=command_seconds,
        max_inactive_connection_lifetime=300,
        init=_decode_json,
        reset=_reset_nothing,
        server_settings={**_SESSION, **reading, "application_name": name},
    )
