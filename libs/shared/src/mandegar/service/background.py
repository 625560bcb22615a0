"""Loops of background tasks: one turn after the other, with a rest in between, through outages."""

import asyncio
from collections.abc import Awaitable, Callable

from mandegar.database import is_transient
from mandegar.telemetry.logging import logger

log = logger(__name__)


async def every(
    seconds: float, turn: Callable[[], Awaitable[object]], *, name: str, retry_seconds: float | None = None
) -> None:
    """Call ``turn`` until cancelled: at once again while it returns a true value, else after ``seconds``.

    An error that passes by itself (``is_transient``) is logged with ``name`` and the turn repeated after
    ``retry_seconds`` (default: ``seconds``); any other error is raised and ends the process.
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
