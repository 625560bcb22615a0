"""The status of a running stack: readiness, lag, backlog and dead letters of each service."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles, read_json

_DEAD_LETTERS_MAX = 500
_LAG = "kafka_consumer_lag_records"
_BACKLOG = "outbox_rows"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The status of one service; None for values that it did not answer."""

    name: str
    url: str
    ready: bool
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
    """Print a table with the status of every service; True if all are ready. Raises StackError if no stack runs."""
    looks = asyncio.run(query_services(running_stack(files)))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("service", "state", "lag", "backlog", "dead letters", "address"):
        table.add_column(heading)
    for look in looks:
        state = "ready" if look.ready else f"not ready: {look.why}"
        table.add_row(look.name, state, _number(look.lag), _number(look.backlog), look.dead_letters, look.url)
    Console(soft_wrap=True, highlight=False).print(table)
    return all(look.ready for look in looks)


async def query_services(stack: Mapping[str, Any]) -> list[ServiceStatus]:
    """Query all services in the description of a stack, at the same time."""
    headers = {"Authorization": f"Bearer {stack['tokens']['operator']}"}
    async with httpx2.AsyncClient(timeout=5.0, headers=headers) as client:
        return await asyncio.gather(*(_query(client, name, url) for name, url in stack["services"].items()))


def read_gauges(text: str) -> dict[str, int]:
    """Lag and backlog in a page of Prometheus metrics, each summed over its labels."""
    sums: dict[str, int] = {}
    for family in text_string_to_metric_families(text):
        if family.name in (_LAG, _BACKLOG):
            sums[family.name] = sums.get(family.name, 0) + int(sum(sample.value for sample in family.samples))
    return sums


async def _query(client: httpx2.AsyncClient, name: str, url: str) -> ServiceStatus:
    try:
        answer = await client.get(f"{url}/readyz")
        gauges = read_gauges((await client.get(f"{url}/metrics")).text)
        letters = await client.get(f"{url}/v1/deadletters", params={"limit": _DEAD_LETTERS_MAX})
    except (httpx2.HTTPError, ValueError) as error:
        return ServiceStatus(name, url, ready=False, why=f"no answer ({type(error).__name__})")
    return ServiceStatus(
        name,
        url,
        ready=answer.status_code == 200,
        why=_why(answer),
        lag=gauges.get(_LAG),
        backlog=gauges.get(_BACKLOG),
        dead_letters=_dead_letters(letters),
    )


def _why(answer: httpx2.Response) -> str:
    try:
        checks = answer.json()["checks"]
        return "; ".join(f"{name}: {wrong}" for name, wrong in checks.items() if wrong != "ok")
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"HTTP {answer.status_code}"


def _dead_letters(answer: httpx2.Response) -> str:
    if answer.status_code != 200:
        return f"HTTP {answer.status_code}"
    count = len(answer.json()["dead_letters"])
    return f"{count} or more" if count == _DEAD_LETTERS_MAX else str(count)


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
