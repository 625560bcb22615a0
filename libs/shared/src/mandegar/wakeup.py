"""A signal from one task to another that there is something to do."""

import asyncio


class Wakeup:
    """Calling it wakes the task that waits. A call while nobody waits is remembered until ``clear``."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self._event.set()

    def clear(self) -> None:
        """Forget the calls so far; clear before looking for work, so that a call during the look is not lost."""
        self._event.clear()

    async def wait(self, seconds: float) -> None:
        """Return once it was called, or after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
