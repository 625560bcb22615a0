"""Queries the readiness routes of the stack's processes."""

import asyncio
import time
from collections.abc import Callable, Sequence

import httpx2

from mandegar_local.children import last_lines
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles
from mandegar_local.supervised_process import SupervisedProcess

_READY_SECONDS = 120.0
_POLL_SECONDS = 1.0


async def wait_until_ready(
    processes: Sequence[SupervisedProcess], files: StackFiles, log: Callable[[str], None]
) -> None:
    """Return once every process answers 200 on its readiness route.

    Raises StackError if one ends three times, or is not ready within two minutes.
    """
    deadline = time.monotonic() + _READY_SECONDS
    waiting = list(processes)
    async with httpx2.AsyncClient(timeout=2.0) as client:
        while waiting:
            for process in list(waiting):
                if await is_ready(client, process):
                    process.state = "ready"
                    waiting.remove(process)
                    log(f"{process.name}: ready on {process.url}")
                elif process.restarts >= 3 or time.monotonic() > deadline:
                    why = "keeps ending" if process.restarts else "is not ready after two minutes"
                    file = files.log(process.name)
                    raise StackError(f"{process.name} {why}; the last lines of {file}:\n{last_lines(file, 8)}")
            await asyncio.sleep(0.1)


async def watch_readiness(processes: Sequence[SupervisedProcess]) -> None:
    """Update the displayed state of each process every second, until cancelled."""
    async with httpx2.AsyncClient(timeout=2.0) as client:
        while True:
            for process in processes:
                if process.state in ("up", "ready", "not ready"):
                    ready = await is_ready(client, process)
                    if process.state in ("up", "ready", "not ready"):  # the process may have ended during the request
                        process.state = "ready" if ready else "not ready" if process.state != "up" else "up"
            await asyncio.sleep(_POLL_SECONDS)


async def is_ready(client: httpx2.AsyncClient, process: SupervisedProcess) -> bool:
    """Whether the process runs, and its readiness route answers 200."""
    if process.running is None or process.running.exit_code is not None:
        return False
    if process.ready_url is None:
        return True
    try:
        return (await client.get(process.ready_url)).status_code == 200
    except httpx2.HTTPError:
        return False
