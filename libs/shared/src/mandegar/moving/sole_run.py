"""One move into a database at a time: a session lock of PostgreSQL, which ends with the process that holds it."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from mandegar.database import Connection, WorkerConnection
from mandegar.database.address import NotConnected, why_unconnected

_RUN = 773_000
_ROWS = 773_001
# The server notices within a minute that the machine of a run is gone.
_SESSION = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


class AnotherRun(RuntimeError):
    """Another run holds the database, or this one no longer does."""


class SoleRun:
    """The lock that one session holds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def require(self) -> None:
        """Raise ``AnotherRun`` if the session has ended, and with it the lock."""
        try:
            await self._connection.execute("SELECT 1")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise AnotherRun(f"The database has ended the session of this move-in ({type(error).__name__})") from error


@asynccontextmanager
async def sole_run(url: str) -> AsyncIterator[SoleRun]:
    """Hold the database at ``url`` within the block. Raises ``AnotherRun`` at once if another run holds it, with who
    that is and since when; ``NotConnected`` if it does not answer.
    """
    name = f"move-in of {socket.gethostname()[:40]}, process {os.getpid()}"
    try:
        connection = await asyncpg.connect(
            url, timeout=10, command_timeout=10, server_settings={**_SESSION, "application_name": name}
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise NotConnected(why_unconnected(error)) from error
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1::bigint)", _RUN):
            raise AnotherRun(f"{await _holder(connection, _RUN)} is moving a shop in here: wait until it has ended")
        yield SoleRun(connection)
    finally:
        connection.terminate()


async def require_alone(connection: WorkerConnection) -> None:
    """Keep others from taking rows in until the transaction ends. Raises ``AnotherRun`` at once if another one does.

    A command whose ``mandegar move-in`` was killed goes on, without the lock of that one.
    """
    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1::bigint)", _ROWS):
        raise AnotherRun(f"{await _holder(connection, _ROWS)} is taking rows in here: wait until it has ended")


async def _holder(connection: Connection, lock: int) -> str:
    row = await connection.fetchrow(
        """
        SELECT application_name AS name, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS since
        FROM pg_stat_activity JOIN pg_locks USING (pid)
        WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (0, $1::bigint::oid, 1) AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        lock,
    )
    return "another run" if row is None else f"{row['name']}, since {row['since']} UTC,"
