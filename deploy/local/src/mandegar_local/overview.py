"""The status of a running stack: readiness, lag, backlog, dead letters and memory of each service."""

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import typer

from mandegar.http_client import HttpClient
from mandegar_local.figures import UNKNOWN, Figures, query_figures
from mandegar_local.memory import memory_lines, memory_of
from mandegar_local.ports import WORKERS
from mandegar_local.readiness import read_state
from mandegar_local.stack_clock import clock_words, running_clock
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles, read_json
from mandegar_local.text_table import indented, row_name, text_table

_HEADINGS = ("service", "state", "lag", "backlog", "dead letters", "restarts", "address")
_NUMBERS = ("lag", "backlog", "dead letters", "restarts")


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The status of one process of a service; `wrong` says what is wrong, by check."""

    name: str
    url: str
    state: str
    wrong: Mapping[str, str] = field(default_factory=dict)
    figures: Figures = UNKNOWN


def running_stack(files: StackFiles) -> dict[str, Any]:
    """The content of `stack.json`. Raises StackError if no stack runs from this directory."""
    stack = read_json(files.stack)
    if stack is None:
        raise StackError(f"No stack runs from {files.root}; start one with `make up`.")
    return stack


def print_overview(files: StackFiles) -> bool:
    """Print the status of every service, and below it what is wrong; True if all are ready and none is degraded.

    Raises StackError if no stack runs.
    """
    stack = running_stack(files)
    statuses = asyncio.run(query_services(stack))
    typer.echo("\n".join(overview(statuses, stack, shutil.get_terminal_size().columns)))
    if (clock := running_clock(files.clock)) is not None:
        typer.echo(clock_words(clock, time.time()))
    return all(status.state == "ready" for status in statuses)


def overview(statuses: Sequence[ServiceStatus], stack: Mapping[str, Any], width: int) -> list[str]:
    """The lines of the overview: a row per process, which is never broken, and then what is wrong."""
    restarts, exits = stack.get("restarts", {}), stack.get("exits", {})
    rows = [
        (
            row_name(s.name), s.state, *(s.figures.cells() if s.name in WORKERS.values() else ("", "", "")),
            str(restarts.get(s.name, "-") or "-"), s.url,
        )
        for s in statuses
    ]  # fmt: skip
    lines = text_table(_HEADINGS, rows, right=_NUMBERS)
    for status in statuses:
        for check, why in status.wrong.items():
            lines += indented(f"{status.name} is {status.state}: {check}: {why}", width)
    for name, why in exits.items():
        lines += indented(f"{name} {why}", width)
    return lines + memory_lines(memory_of(stack.get("pids", {})), width)


async def query_services(stack: Mapping[str, Any]) -> list[ServiceStatus]:
    """Query all processes of services in the description of a stack, at the same time."""
    workers = stack.get("workers", {})
    processes = [
        (process, address)
        for name, url in stack["services"].items()
        for process, address in ((name, url), (WORKERS[name], workers.get(name)))
        if address is not None
    ]
    async with HttpClient(timeout=5.0) as client:
        return await asyncio.gather(*(_query(client, name, url) for name, url in processes))


async def _query(client: httpx2.AsyncClient, name: str, url: str) -> ServiceStatus:
    try:
        state, wrong = read_state(await client.get(f"{url}/readyz"))
    except httpx2.HTTPError as error:
        return ServiceStatus(name, url, "not ready", {"no answer": type(error).__name__})
    return ServiceStatus(name, url, state, wrong, await query_figures(client, url))
