"""A shop's platform: sends what is planned at a rate, and again until it is answered, noting each step first."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2

from faults.journal import Lines
from faults.plan import Planned
from mandegar.http_client import HttpClient

CLIENTS = 8
TIMEOUT_SECONDS = 12.0
RETRY_SECONDS = (0.1, 0.5)
RETRY_AFTER_MAX = 5.0
GIVE_UP_SECONDS = 240.0
_numbers = itertools.count(1)


@dataclass
class Tally:
    """What came of a load."""

    requests: int = 0
    events: int = 0
    results: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    unknown: int = 0
    latencies: list[float] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    unanswered: int = 0


@dataclass
class Load:
    """One run of a plan. ``doors`` may change while it runs."""

    requests: Sequence[Sequence[Planned]]
    rate: float
    doors: Sequence[str]
    key: str
    journal: Lines
    clients: int = CLIENTS
    tally: Tally = field(default_factory=Tally)

    async def run(self) -> Tally:
        """Send everything; returns once every request was answered, or given up after four minutes of trying."""
        waiting: asyncio.Queue[Sequence[Planned]] = asyncio.Queue(self.clients)
        limits = httpx2.Limits(max_connections=self.clients, max_keepalive_connections=self.clients)
        async with HttpClient(timeout=TIMEOUT_SECONDS, limits=limits) as http, asyncio.TaskGroup() as group:
            for number in range(self.clients):
                group.create_task(self._client(http, waiting, random.Random(number)))
            due = time.monotonic()
            for request in self.requests:
                await asyncio.sleep(max(due - time.monotonic(), 0))
                await waiting.put(request)
                due = max(due, time.monotonic() - 1.0) + len(request) / self.rate
            for _ in range(self.clients):
                await waiting.put(())
        return self.tally

    async def _client(
        self, http: httpx2.AsyncClient, waiting: "asyncio.Queue[Sequence[Planned]]", draw: random.Random
    ) -> None:
        while events := await waiting.get():
            self.tally.requests += 1
            self.tally.events += len(events)
            await self._send(http, next(_numbers), events, draw)

    async def _send(
        self, http: httpx2.AsyncClient, number: int, events: Sequence[Planned], draw: random.Random
    ) -> None:
        """Until answered: a lost answer says nothing, and the same ids make it safe to ask again."""
        body = b"[" + b",".join(event.body for event in events) + b"]"
        journalled = [event.journalled() for event in events]
        give_up_at = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < give_up_at:
            self._note(number, "invoke", None, journalled)
            began = time.monotonic()
            try:
                answer = await self._post(http, body, draw)
            except httpx2.HTTPError:
                self.tally.unknown += 1
                self._note(number, "unknown", None, journalled)
                await asyncio.sleep(draw.uniform(*RETRY_SECONDS))
                continue
            self.tally.statuses[answer.status_code] += 1
            if answer.status_code in {200, 202, 422}:
                self.tally.latencies.append(time.monotonic() - began)
                self._answered(number, answer, events, journalled)
                return
            kind = "fail" if answer.status_code == 429 else "unknown"
            self._note(number, kind, answer.status_code, journalled, retry_after=answer.headers.get("Retry-After"))
            await asyncio.sleep(_retry_after(answer, draw))
        self.tally.unanswered += 1

    async def _post(self, http: httpx2.AsyncClient, body: bytes, draw: random.Random) -> httpx2.Response:
        door = draw.choice(list(self.doors))
        headers = {"X-Mandegar-Key": self.key, "Content-Type": "application/json"}
        return await http.post(f"{door}/v1/events", content=body, headers=headers)

    def _answered(
        self, number: int, answer: httpx2.Response, events: Sequence[Planned], journalled: list[dict[str, object]]
    ) -> None:
        results = answer.json()["results"]
        kept = [{"id": r["id"], "status": r["status"], "code": r["code"]} for r in results]
        self._note(number, "ok", answer.status_code, journalled, kept)
        for event, result in zip(events, results, strict=True):
            self.tally.results[result["status"]] += 1
            if not event.valid and result["code"] != event.expected:
                self.tally.unexpected.append(f"{event.id}: {result['status']} {result['code']}, not {event.expected}")
            elif event.valid and result["status"] not in {"accepted", "duplicate"}:
                self.tally.unexpected.append(f"{event.id}: {result['status']} {result['code']}, a good event")

    def _note(
        self,
        number: int,
        kind: str,
        status: int | None,
        events: list[dict[str, object]],
        results: object = None,
        **more: object,
    ) -> None:
        self.journal.write(request=number, kind=kind, status=status, events=events, results=results, **more)


def _retry_after(answer: httpx2.Response, draw: random.Random) -> float:
    text = answer.headers.get("Retry-After", "")
    asked = float(text) if text.isdecimal() else 0.0
    return min(asked, RETRY_AFTER_MAX) + draw.uniform(*RETRY_SECONDS)
