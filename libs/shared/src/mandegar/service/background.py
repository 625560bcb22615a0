"""The loop of background tasks, which survives transient errors."""

import asyncio
from collections.abc import Awaitable, Callable

from mandegar.database import is_transient
from mandegar.telemetry.logging import logger

log = logger(__name__)


async def every(
    seconds: float, turn: Callable[[], Awaitable[object]], *, name: str, retry_seconds: float | None = None
) -> None:
    """Call ``turn`` until cancelled: again at once if it returns a true value, otherwise after ``seconds``.

    After a transient error it logs ``name`` and calls ``turn`` again after ``retry_seconds`` (default: ``seconds``).
    Any other error is raised, which ends the process.
    """
    while True:
        pause = seconds
        try:
            if await turn():
                pause = 0.0
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("background_postponed", task=name, error=type(error).__name__)
            pause = seconds if retry_seconds is None else retry_seconds
        await asyncio.sleep(pause)
