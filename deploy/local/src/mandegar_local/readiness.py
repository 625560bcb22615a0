"""Queries the readiness routes of the stack's processes."""

import asyncio
import time
from collections.abc import Callable, Sequence, Set
from contextlib import suppress

import httpx2

from mandegar.http_client import HttpClient
from mandegar_local.children import last_lines
from mandegar_local.figures import UNKNOWN, query_figures
from mandegar_local.memory import memory_of
from mandegar_local.ports import WORKERS
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles
from mandegar_local.supervised_process import SupervisedProcess

_READY_SECONDS = 120.0
_POLL_SECONDS = 1.0
# A page of metrics costs a service more than its readiness.
_FIGURES_EVERY = 5
# The states in which a process is asked; in the others it does not run.
_WATCHED = ("up", "ready", "degraded", "not ready", "silent")
# The servers, with the check by which services tell that one does not answer.
_CHECKED_BY_SERVICES = {"kafka": "kafka", "postgres": "database"}


async def wait_until_ready(
    processes: Sequence[SupervisedProcess], files: StackFiles, log: Callable[[str], None]
) -> None:
    """Return once every process answers 200 on its readiness route.

    Raises StackError if one ends three times, or is not ready within two minutes.
    """
    deadline = time.monotonic() + _READY_SECONDS
    waiting = list(processes)
    async with HttpClient(timeout=2.0) as client:
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
    """Update the displayed state of each process every second, and its figures every five, until cancelled."""
    turns = 0
    async with HttpClient(timeout=2.0) as client:
        while True:
            wrong: set[str] = set()
            if turns % _FIGURES_EVERY == 0:
                await _update_figures(client, [process for process in processes if process.name in WORKERS.values()])
                await asyncio.to_thread(_update_memory, processes)
            turns += 1
            for process in processes:
                if process.state in _WATCHED and process.ready_url is not None:
                    wrong |= await _update(client, process)
            for process in processes:
                if process.state in _WATCHED and process.ready_url is None:
                    process.state = "silent" if _CHECKED_BY_SERVICES.get(process.name) in wrong else "ready"
            await asyncio.sleep(_POLL_SECONDS)


def _update_memory(processes: Sequence[SupervisedProcess]) -> None:
    used = memory_of({process.name: process.pid for process in processes if process.pid is not None})
    for process in processes:
        process.memory = used.get(process.name)


async def _update_figures(client: httpx2.AsyncClient, workers: Sequence[SupervisedProcess]) -> None:
    for process in workers:
        runs = process.running is not None and process.running.exit_code is None
        process.figures = await query_figures(client, process.url) if runs else UNKNOWN


def read_state(answer: httpx2.Response) -> tuple[str, dict[str, str]]:
    """Whether a service is ready, degraded or not ready, and what is wrong by check, as its readiness route says."""
    try:
        told = answer.json()
        wrong = {name: why for name, why in told["checks"].items() if why != "ok"} | told.get("degraded", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        wrong = {} if answer.status_code == 200 else {"answer": f"HTTP {answer.status_code}"}
    return "not ready" if answer.status_code != 200 else "degraded" if wrong else "ready", wrong


async def _update(client: httpx2.AsyncClient, process: SupervisedProcess) -> Set[str]:
    """Set what the screen shows of a process, and return the names of the checks that failed."""
    state, wrong = "not ready", dict[str, str]()
    if process.running is not None and process.running.exit_code is None and process.ready_url is not None:
        with suppress(httpx2.HTTPError):
            state, wrong = read_state(await client.get(process.ready_url))
    if process.state in _WATCHED and (state, process.state) != ("not ready", "up"):  # it may have ended meanwhile
        process.state = state
        process.why = "; ".join(f"{name}: {why}" for name, why in wrong.items())
    return wrong.keys()


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
