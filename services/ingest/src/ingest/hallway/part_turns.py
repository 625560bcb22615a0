"""One part of a shop at a time is compared with the history and accepted, whichever replica has it.

Two parts at once would not see each other: of two rows that contradict each other, both would be accepted in part.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ingest.hallway.group_commit import Busy
from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, WorkerConnection, transaction

_LOCK = 7_314
_RETRY_SECONDS = 0.05
# As long as a client waits for an answer.
_WAITS_SECONDS = 5.0
# The transaction of the lock does nothing while the part is accepted. A replica that froze loses the lock then.
_IDLE = "SET LOCAL idle_in_transaction_session_timeout = '30s'"


class PartTurns:
    """The turns in this process. It keeps one connection for them at most: what waits for another replica has none."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._here = pool, asyncio.Lock()

    @asynccontextmanager
    async def turn(self, shop: str) -> AsyncIterator[None]:
        """Wait for the turn of a part of the shop, and have it while the block runs; raises ``Busy``."""
        deadline = monotonic_seconds() + _WAITS_SECONDS
        while True:
            async with self._here, transaction(self._pool) as connection:
                if await _is_first(connection, shop):
                    await connection.execute(_IDLE)
                    yield
                    return
            if monotonic_seconds() > deadline:
                raise Busy
            await asyncio.sleep(_RETRY_SECONDS)


async def _is_first(connection: WorkerConnection, shop: str) -> bool:
    first: bool = await connection.fetchval("SELECT pg_try_advisory_xact_lock($1, hashtext($2))", _LOCK, shop)
    return first
