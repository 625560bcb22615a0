"""Asks a server every second whether it answers, so that probes know without asking."""

import asyncio
from collections.abc import Awaitable, Callable

from mandegar.clock import monotonic_seconds
from mandegar.service.parts import Settable

EVERY_SECONDS = 1.0
ANSWER_SECONDS = 2.0


class Pulse:
    """Whether the server called ``name`` answers ``ask`` within two seconds. Sets ``up`` to 1 or 0."""

    def __init__(self, name: str, ask: Callable[[], Awaitable[object]], up: Settable) -> None:
        self._name, self._ask, self._up = name, ask, up
        self._answered_at: float | None = None
        self._wrong: str | None = f"{name} has not been asked yet"

    async def run(self) -> None:
        """Ask every second until cancelled. An error of whatever class means that the server does not answer."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._ask()
            except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
                self._wrong = f"{self._name} does not answer ({type(error).__name__})"
            else:
                self._wrong, self._answered_at = None, monotonic_seconds()
            self._up.set(self._wrong is None)
            await asyncio.sleep(EVERY_SECONDS)

    async def check(self) -> str | None:
        """``None`` if the server answered the last time; a check of ``Health``."""
        if self._wrong is None or self._answered_at is None:
            return self._wrong
        return f"{self._wrong}; its last answer was {monotonic_seconds() - self._answered_at:.0f} s ago"
