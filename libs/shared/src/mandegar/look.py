"""One query at a time, shared by all who ask for its result."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

T = TypeVar("T")


class Look(Generic[T]):
    """Runs a query in a task of its own, so that an impatient asker neither cancels it nor starts a second one.

    The query ends within ``seconds``. Its error, of whatever class, is an answer: no result.
    """

    def __init__(self, query: Callable[[], Awaitable[T | None]], *, seconds: float) -> None:
        self._query, self._seconds = query, seconds
        self._task: asyncio.Task[T | None] | None = None

    async def ask(self, *, patience: float | None = None) -> T | None:
        """The result of the running query, or of a new one; ``None`` if it fails, or takes longer than ``patience``."""
        task = self._task
        if task is None or task.done():
            task = self._task = asyncio.create_task(self._run(), context=Context())
        await asyncio.wait({task}, timeout=patience)
        return task.result() if task.done() and not task.cancelled() else None

    async def close(self) -> None:
        """Cancel the running query."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> T | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._query()
        except Exception:  # noqa: BLE001  whatever it is, who asks has an answer
            return None
