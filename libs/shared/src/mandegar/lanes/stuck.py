"""Ends lanes that stand still although broker and database answer: a restart cures what cannot be seen from inside."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from mandegar.clock import monotonic_seconds

STUCK_SECONDS = 120.0
LOOK_SECONDS = 5.0


class LanesStuck(RuntimeError):
    """Records wait, and nothing has moved for too long."""


async def watch(place: Callable[[], Hashable], lag: Callable[[], Awaitable[int | None]]) -> None:
    """Raise ``LanesStuck`` once ``place`` has not changed for two minutes while ``lag`` says that records wait.

    Time does not count while the broker cannot say what waits. Failures that were noticed belong into ``place``.
    """
    stood, since = place(), monotonic_seconds()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if place() != stood or not await lag():
            stood, since = place(), monotonic_seconds()
        elif monotonic_seconds() - since > STUCK_SECONDS:
            raise LanesStuck(f"nothing has moved for {STUCK_SECONDS:.0f} s although records wait")
