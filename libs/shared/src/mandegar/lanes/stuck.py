"""The watchdog of lanes: ends the process if lanes make no progress although broker and database answer.

A restart cures faults of the client library that cannot be detected from within.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from mandegar.clock import monotonic_seconds

STUCK_SECONDS = 120.0
# For so long failures that were handled are taken for signs of life.
RETRYING_SECONDS = 600.0
CHECK_SECONDS = 5.0


class LanesStuck(RuntimeError):
    """Records wait, and none was applied for too long."""


async def watch(
    progress: Callable[[], Hashable],
    signs_of_life: Callable[[], Hashable],
    waiting: Callable[[], Awaitable[int | None]],
) -> None:
    """Raise ``LanesStuck`` if ``signs_of_life`` returns the same value for two minutes while records are ``waiting``,
    or ``progress`` for ten.

    Time in which ``waiting`` is None (the broker or the database does not answer) does not count.
    """
    last, moved_at = progress(), monotonic_seconds()
    sign, lived_at = signs_of_life(), moved_at
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        records, now = await waiting(), monotonic_seconds()
        if progress() != last or not records:
            last, moved_at = progress(), now
        if signs_of_life() != sign or not records:
            sign, lived_at = signs_of_life(), now
        if now - lived_at > STUCK_SECONDS:
            raise LanesStuck(f"no record was applied for {STUCK_SECONDS:.0f} s although records wait")
        if now - moved_at > RETRYING_SECONDS:
            raise LanesStuck(f"no record was applied for {RETRYING_SECONDS:.0f} s, in which batches were given up")
