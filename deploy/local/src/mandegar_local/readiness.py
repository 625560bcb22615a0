"""Asking each part whether it is ready."""

import asyncio
import time
from collections.abc import Callable, Sequence

import httpx2

from mandegar_local.children import last_lines
from mandegar_local.failure import StackError
from mandegar_local.part import Part
from mandegar_local.places import Places

_READY_SECONDS = 120.0
_LOOK_SECONDS = 1.0


async def wait_until_ready(parts: Sequence[Part], places: Places, log: Callable[[str], None]) -> None:
    """Return when every part answers 200 on its readiness route.

    Raises StackError when one ends three times, or is not ready within two minutes.
    """
    deadline = time.monotonic() + _READY_SECONDS
    waiting = list(parts)
    async with httpx2.AsyncClient(timeout=2.0) as client:
        while waiting:
            for part in list(waiting):
                if await is_ready(client, part):
                    part.state = "ready"
                    waiting.remove(part)
                    log(f"{part.name}: ready on {part.url}")
                elif part.restarts >= 3 or time.monotonic() > deadline:
                    why = "keeps ending" if part.restarts else "is not ready"
                    file = places.log(part.name)
                    raise StackError(f"{part.name} {why}; the end of {file}:\n{last_lines(file, 8)}")
            await asyncio.sleep(0.1)


async def watch_readiness(parts: Sequence[Part]) -> None:
    """Keep the shown state of each part true, for ever."""
    async with httpx2.AsyncClient(timeout=2.0) as client:
        while True:
            for part in parts:
                if part.state in ("up", "ready", "not ready"):
                    ready = await is_ready(client, part)
                    if part.state in ("up", "ready", "not ready"):  # it may have died meanwhile
                        part.state = "ready" if ready else "not ready" if part.state != "up" else "up"
            await asyncio.sleep(_LOOK_SECONDS)


async def is_ready(client: httpx2.AsyncClient, part: Part) -> bool:
    """Whether the part runs and says that it is ready."""
    if part.running is None or part.running.exit_code is not None:
        return False
    if part.ready_url is None:
        return True
    try:
        return (await client.get(part.ready_url)).status_code == 200
    except httpx2.HTTPError:
        return False
