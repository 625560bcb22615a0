"""Rows that the broker has, on their way out of the outbox beside the batch that is sent next."""

import asyncio
from collections.abc import Sequence

from mandegar.database import Connection
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.outbox.rows import move_to_published
from mandegar.telemetry import metrics

END_SECONDS = 2.0
_NONE = (0, 0)


class Departures:
    """Lets one batch at a time go, over a connection of its own. ``between`` are the ids not to be read meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._leaving: asyncio.Task[None] | None = None
        self.between = _NONE

    async def begin(self, ids: Sequence[int]) -> None:
        """Let rows go, named by their ascending ids, once those before them are gone."""
        await self.done()
        self.between = ids[0], ids[-1]
        self._leaving = asyncio.create_task(self._let_go(ids))

    async def done(self) -> None:
        """Wait until nothing is on its way; raises what went wrong with it."""
        if self._leaving is not None:
            await self._leaving
        self._leaving, self.between = None, _NONE

    async def end(self) -> None:
        """Give what is on its way a moment to go; rows that stay are sent again."""
        if self._leaving is None:
            return
        await asyncio.wait({self._leaving}, timeout=END_SECONDS)
        if not self._leaving.cancel() and not self._leaving.cancelled():
            self._leaving.exception()  # it is why we end, or does not matter any more

    async def _let_go(self, ids: Sequence[int]) -> None:
        await move_to_published(self._connection, ids)
        reach(StreamFailpoint.RELAY_AFTER_DELETE)
        metrics.OUTBOX_PUBLISHED.inc(len(ids))
