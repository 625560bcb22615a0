"""One part of a shop at a time is compared with the history and accepted, whichever replica has it.

Two parts at once would not see each other: of two rows that contradict each other, both would be accepted in part.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from ingest.hallway.group_commit import Busy
from mandegar.database import Pool, WorkerConnection, answering_within, transaction

_LOCK = 7_314
_RETRY_SECONDS = 0.05
# Who waits longer is told to send the part again.
_WAITS_SECONDS = 5.0
# A part has thousands of events. Its request ends within an answer's time but for this transaction, which only keeps
# the lock: each look-up and each group of events keeps to its own limit.
_HELD_SECONDS = 30.0
# The transaction of the lock does nothing while the part is accepted. A replica that froze loses the lock then.
_IDLE = "SET LOCAL idle_in_transaction_session_timeout = '30s'"
# Of all shops: each takes one connection.
_AT_ONCE = 2


class PartTurns:
    """The turns in this process. What waits, for a part of this process or of another replica, has no connection."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._room = pool, asyncio.Semaphore(_AT_ONCE)
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, shop: str) -> AsyncIterator[None]:
        """Wait for the turn of a part of the shop, and have it while the block runs; raises ``Busy``."""
        here = self._here.setdefault(shop, asyncio.Lock())
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(_WAITS_SECONDS):
                    await held.enter_async_context(here)
                    while not await self._is_ours(shop, held):  # noqa: ASYNC110  another replica tells of no event
                        await asyncio.sleep(_RETRY_SECONDS)
            except TimeoutError:
                raise Busy from None
            yield

    async def _is_ours(self, shop: str, held: AsyncExitStack) -> bool:
        """Whether no other replica has a part of the shop; then ``held`` keeps it so."""
        async with AsyncExitStack() as attempt:
            await attempt.enter_async_context(self._room)
            with answering_within(_HELD_SECONDS):
                connection = await attempt.enter_async_context(transaction(self._pool))
            if not await _is_first(connection, shop):
                return False
            await connection.execute(_IDLE)
            held.push_async_exit(attempt.pop_all())
            return True


async def _is_first(connection: WorkerConnection, shop: str) -> bool:
    first: bool = await connection.fetchval("SELECT pg_try_advisory_xact_lock($1, hashtext($2))", _LOCK, shop)
    return first
