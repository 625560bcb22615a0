"""Whoever looks at a service each second, as Prometheus and people do, and what each view said by the second."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from math import isnan

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from harness.processes import Process, client

VIEWS = ("/readyz", "/metrics", "/v1/stream")


@dataclass(frozen=True)
class Seen:
    """One answer of one view: when it was asked, how long it took, and what it said; status 0: none."""

    at: float
    service: str
    view: str
    status: int
    seconds: float
    said: str
    retry_after: str | None = None


@dataclass
class Watch:
    """What all views of all services said since the watch began."""

    seen: list[Seen] = field(default_factory=list)
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time() - self.began

    async def ask(self, http: httpx2.AsyncClient, service: str, view: str, method: str = "GET", **request) -> Seen:
        """Ask once, and remember the answer."""
        at = self.now
        try:
            answer = await http.request(method, view, **request)
        except httpx2.HTTPError as error:
            seen = Seen(at, service, view, 0, self.now - at, type(error).__name__)
        else:
            retry = answer.headers.get("retry-after")
            seen = Seen(at, service, view, answer.status_code, self.now - at, _gist(view, answer), retry)
        self.seen.append(seen)
        return seen

    def since(self, at: float, *views: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.at >= at and (not views or seen.view in views)]

    def table(self) -> Iterator[str]:
        """A line for each second, service and view whose answer differs from the one before it."""
        last: dict[tuple[str, str], tuple[int, str]] = {}
        for seen in sorted(self.seen, key=lambda seen: seen.at):
            if last.get((seen.service, seen.view)) != (seen.status, seen.said):
                last[seen.service, seen.view] = (seen.status, seen.said)
                took = f"{seen.seconds:5.2f} s"
                yield f"{seen.at:6.1f}  {seen.service:<8} {seen.view:<10} {seen.status:>3} {took}  {seen.said}"


@asynccontextmanager
async def watching(processes: Sequence[Process], scrapers: int = 3) -> AsyncIterator[Watch]:
    """Ask every view of every service each second, ``scrapers`` times at once, during the block."""
    async with AsyncExitStack() as stack:
        clients = [(process.name, await stack.enter_async_context(client(process, shop="*"))) for process in processes]
        watch = Watch()
        tasks = [
            asyncio.create_task(each_second(watch, http, name, view))
            for name, http in clients
            for view in VIEWS
            for _ in range(scrapers)
        ]
        try:
            yield watch
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def each_second(watch: Watch, http: httpx2.AsyncClient, service: str, view: str) -> None:
    while True:
        await asyncio.gather(watch.ask(http, service, view), asyncio.sleep(1))


def _gist(view: str, answer: httpx2.Response) -> str:
    if view == "/metrics":
        wanted = ("kafka_up", "database_up", "service_ready", "kafka_consumer_lag_records", "outbox_rows")
        values: dict[str, set[str]] = {}
        for family in text_string_to_metric_families(answer.text):
            if family.name in wanted:
                values[family.name] = {_number(sample.value) for sample in family.samples}
        return " ".join(f"{name}={','.join(sorted(values.get(name, ['-'])))}" for name in wanted)
    if view == "/readyz":
        told = answer.json()
        wrong = [f"{name}: {why}" for name, why in told["checks"].items() if why != "ok"]
        degraded = [f"degraded {name}: {why}" for name, why in told["degraded"].items()]
        return "; ".join(_without_seconds(text) for text in [*wrong, *degraded]) or "ready"
    if view == "/v1/stream" and answer.status_code == 200:
        lags = ((group["lag_records"], group["lag_seconds"]) for group in answer.json()["groups"].values())
        return " ".join(f"lag {_rounded(records)}/{_rounded(seconds)}" for records, seconds in lags)
    is_problem = answer.headers["content-type"].startswith("application/problem")
    return str(answer.json()["code"]) if is_problem else ""


def _number(value: float) -> str:
    return "NaN" if isnan(value) else f"{value:g}"


def _rounded(value: float | None) -> str:
    return "null" if value is None else f"{value:.0f}"


def _without_seconds(text: str) -> str:
    return text.partition("; its last answer")[0]
