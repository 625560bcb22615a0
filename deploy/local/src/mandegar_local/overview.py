"""The status of a running stack: readiness, lag, backlog and dead letters of each service."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from mandegar_local.readiness import read_state
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles, read_json

_DEAD_LETTERS_MAX = 500
_LAG = "kafka_consumer_lag_records"
_BACKLOG = "outbox_rows"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The status of one service; None for values that it did not answer or does not know."""

    name: str
    url: str
    state: str
    why: str
    lag: int | None = None
    backlog: int | None = None
    dead_letters: str = "-"


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
    looks = asyncio.run(query_services(running_stack(files)))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("service", "state", "lag", "backlog", "dead letters", "address"):
        table.add_column(heading)
    for look in looks:
        table.add_row(look.name, look.state, _number(look.lag), _number(look.backlog), look.dead_letters, look.url)
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    for look in looks:
        if look.why:
            console.print(f"{look.name} is {look.state}: {look.why}")
    return all(look.state == "ready" for look in looks)


async def query_services(stack: Mapping[str, Any]) -> list[ServiceStatus]:
    """Query all services in the description of a stack, at the same time."""
    headers = {"Authorization": f"Bearer {stack['tokens']['operator']}"}
    async with httpx2.AsyncClient(timeout=5.0, headers=headers) as client:
        return await asyncio.gather(*(_query(client, name, url) for name, url in stack["services"].items()))


def read_gauges(text: str) -> dict[str, int]:
    """Lag and backlog in a page of Prometheus metrics, each summed over its labels; unknown ones (NaN) are left out."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        if family.name in (_LAG, _BACKLOG):
            sums[family.name] = sums.get(family.name, 0) + sum(sample.value for sample in family.samples)
    return {name: int(value) for name, value in sums.items() if not isnan(value)}


async def _query(client: httpx2.AsyncClient, name: str, url: str) -> ServiceStatus:
    try:
        answer = await client.get(f"{url}/readyz")
        gauges = read_gauges((await client.get(f"{url}/metrics")).text)
        letters = await client.get(f"{url}/v1/deadletters", params={"limit": _DEAD_LETTERS_MAX})
    except (httpx2.HTTPError, ValueError) as error:
        return ServiceStatus(name, url, state="not ready", why=f"no answer ({type(error).__name__})")
    state, wrong = read_state(answer)
    return ServiceStatus(
        name,
        url,
        state=state,
        why="; ".join(f"{name}: {why}" for name, why in wrong.items()),
        lag=gauges.get(_LAG),
        backlog=gauges.get(_BACKLOG),
        dead_letters=_dead_letters(letters),
    )


def _dead_letters(answer: httpx2.Response) -> str:
    if answer.status_code != 200:
        return f"HTTP {answer.status_code}"
    count = len(answer.json()["dead_letters"])
    return f"{count} or more" if count == _DEAD_LETTERS_MAX else str(count)


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
