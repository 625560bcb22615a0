"""The watchdog of lanes: ends the process if lanes make no progress although broker and database answer.

A restart cures faults of the client library that cannot be detected from within.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from mandegar.clock import monotonic_seconds

STUCK_SECONDS = 120.0
CHECK_SECONDS = 5.0


class LanesStuck(RuntimeError):
    """Records wait, and for two minutes none was applied."""


async def watch(progress: Callable[[], Hashable], lag: Callable[[], Awaitable[int | None]]) -> None:
    """Raise ``LanesStuck`` if ``progress`` returns the same value for two minutes while ``lag`` is above zero.

    Time in which ``lag`` is None (the broker does not answer) does not count. ``progress`` should include handled
    failures, so that retrying is not taken for being stuck.
    """
    last, since = progress(), monotonic_seconds()
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        if progress() != last or not await lag():
            last, since = progress(), monotonic_seconds()
        elif monotonic_seconds() - since > STUCK_SECONDS:
            raise LanesStuck(f"no record was applied for {STUCK_SECONDS:.0f} s although records wait")
