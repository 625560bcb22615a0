"""Removes acknowledged rows from the outbox while the relay sends the next ones."""

import asyncio
from collections.abc import Sequence

from mandegar.database import Connection
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.outbox.rows import move_to_published
from mandegar.telemetry import metrics

END_SECONDS = 2.0
_NO_IDS = (0, 0)


class Removal:
    """Removes one batch of rows at a time, over a connection of its own.

    The relay must not read the rows in ``id_range`` (first and last id), which are being removed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._task: asyncio.Task[None] | None = None
        self.id_range = _NO_IDS

    async def begin(self, ids: Sequence[int]) -> None:
        """Start to remove rows, given by ascending ids, once the previous batch is removed."""
        await self.done()
        self.id_range = ids[0], ids[-1]
        self._task = asyncio.create_task(self._remove(ids))

    async def done(self) -> None:
        """Wait until the batch is removed; raises its error."""
        if self._task is not None:
            await self._task
        self._task, self.id_range = None, _NO_IDS

    async def end(self) -> None:
        """Wait for the batch for two seconds, then cancel it; rows that remain are sent again."""
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=END_SECONDS)
        if not self._task.cancel() and not self._task.cancelled():
            self._task.exception()  # marks it as retrieved: the relay ends for this error, or for another one

    async def _remove(self, ids: Sequence[int]) -> None:
        await move_to_published(self._connection, ids)
        reach(StreamFailpoint.RELAY_AFTER_DELETE)
        metrics.OUTBOX_PUBLISHED.inc(len(ids))
