"""Connections that reads keep: to take one from the pool and give it back takes a tenth of the time of a read.

A connection goes from one read to the next, and nothing of a read stays on it: the shop is set for its statement alone
(``shop_read``). After a read that did not end well the connection goes back to the pool, which waits until the server
has cancelled the statement, or closes the connection.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from mandegar.clock import monotonic_seconds

if TYPE_CHECKING:
    _Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    _Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]

# A connection that has rested longer is closed: a firewall on the way may have forgotten it.
REST_SECONDS = 60.0
# After so many reads a connection goes back, because the pool replaces connections that have served long.
READS_MAX = 10_000
# A server that takes longer to cancel a statement counts as silent.
CANCEL_SECONDS = 0.25


class ReadConnections:
    """Up to half of the connections of a pool, taken when first needed; the others are left to transactions.

    More reads at once wait for each other in the order of their arrival. From a pool of one connection none is kept.
    """

    def __init__(self, pool: "_Pool", size_max: int) -> None:
        self._pool, self._keeps = pool, size_max > 1
        self._turns = asyncio.Semaphore(max(size_max // 2, 1))
        self._rested: list[tuple[_Connection, float]] = []
        self._reads = 0

    async def fetch(self, statement: str, *arguments: object, seconds: float) -> list[asyncpg.Record]:
        """The rows of a statement that is its own transaction. Raises ``TimeoutError`` after ``seconds``."""
        until = monotonic_seconds() + seconds
        if self._turns.locked():
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        else:
            await self._turns.acquire()  # at once
        try:
            if (connection := self._kept()) is None:
                async with asyncio.timeout(until - monotonic_seconds()):
                    connection = await self._pool.acquire()
            return await self._fetched(connection, statement, arguments, until - monotonic_seconds())
        finally:
            self._turns.release()

    async def _fetched(
        self, connection: "_Connection", statement: str, arguments: tuple[object, ...], seconds: float
    ) -> list[asyncpg.Record]:
        try:
            rows = await connection.fetch(statement, *arguments, timeout=seconds)
        except BaseException:
            # The driver has asked the server to cancel the statement. A connection whose server does not confirm that
            # at once is closed.
            with suppress(Exception):
                await self._pool.release(connection, timeout=CANCEL_SECONDS)
            raise
        self._reads += 1
        if self._keeps and self._reads % READS_MAX:
            self._rested.append((connection, monotonic_seconds()))
        else:
            await self._pool.release(connection)
        return rows

    def _kept(self) -> "_Connection | None":
        """The connection of the latest read that is open; None if there is none."""
        while self._rested:
            connection, since = self._rested.pop()
            with suppress(asyncpg.InterfaceError):  # it was closed, and the pool has noticed that
                if not connection.is_closed() and monotonic_seconds() - since < REST_SECONDS:
                    return connection
                connection.terminate()
        return None
