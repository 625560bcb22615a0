"""A signal that ends the sleep of another task."""

import asyncio


class Wakeup:
    """Calling a ``Wakeup`` ends the current ``wait``, or the next one if no task is waiting, until ``clear``."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self._event.set()

    def clear(self) -> None:
        """Discard earlier calls. Clear before querying for work: a call during the query then ends the next wait."""
        self._event.clear()

    async def wait(self, seconds: float | None = None) -> None:
        """Return after a call, or after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
