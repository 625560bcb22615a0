"""Divides the partitions of the outbox among the relays, so that each has one owner, with session advisory locks.

The locks end with the session: a killed relay releases its shards at once, a frozen one after the idle timeout.
"""

import asyncpg

from mandegar.database import Connection

_PRESENCE = 771_000
_SHARD = 772_000
IDLE_SESSION_TIMEOUT = "8s"


class Shards:
    """The shards that one session has locked."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", partitions: int) -> None:
        self._connection = connection
        self._partitions = partitions
        self.owned: list[int] = []

    async def begin(self) -> None:
        """Take the shared lock by which relays are counted."""
        await self._connection.execute(f"SET idle_session_timeout = '{IDLE_SESSION_TIMEOUT}'")
        await self._connection.execute("SELECT pg_advisory_lock_shared($1::bigint)", _PRESENCE)

    async def balance(self) -> None:
        """Release shards above an equal share, and lock free ones up to it."""
        share = -(-self._partitions // max(await _relays(self._connection), 1))
        while len(self.owned) > share:
            await self._connection.execute("SELECT pg_advisory_unlock($1::bigint)", _SHARD + self.owned.pop())
        for shard in range(self._partitions):
            if len(self.owned) >= share:
                break
            if shard not in self.owned and await self._connection.fetchval(
                "SELECT pg_try_advisory_lock($1::bigint)", _SHARD + shard
            ):
                self.owned.append(shard)


async def _relays(connection: Connection) -> int:
    count: int = await connection.fetchval(
        """
        SELECT count(DISTINCT pid) FROM pg_locks
        WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (0, $1::bigint::oid, 1) AND mode = 'ShareLock'
          AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        _PRESENCE,
    )
    return count
