"""A front end that reads while everything else goes on: who asked for what, and every answer, in a journal."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from faults.stack import Stack
from mandegar.http_client import HttpClient

READERS = 8
PAUSE_SECONDS = (0.0, 0.06)
TIMEOUT_SECONDS = 5.0
# Some readers leave before they are answered, so that a read is cancelled wherever it has come to.
IMPATIENT = 0.05
IMPATIENT_SECONDS = 0.01
ROUTES = {
    "balance": ("loyalty", "/v1/customers/{}/balance"),
    "risk": ("churn", "/v1/customers/{}/risk"),
    "card": ("churn", "/v1/customers/{}"),
    "messages": ("notify", "/v1/customers/{}/messages"),
    "preferences": ("notify", "/v1/customers/{}/preferences"),
}


@dataclass
class Reads:
    """What came of the reads so far, by status, or by how they ended without one."""

    stack: Stack
    draw: random.Random
    shops: Sequence[str]
    customers: Sequence[str]
    came_to: Counter[str] = field(default_factory=Counter)

    async def read(self, reader: int) -> None:
        """Read one thing after the other, of one shop and the other in turn, until cancelled."""
        async with HttpClient() as http:
            while True:
                await self._read_one(http, reader)
                await asyncio.sleep(self.draw.uniform(*PAUSE_SECONDS))

    async def _read_one(self, http: httpx2.AsyncClient, reader: int) -> None:
        shop, customer, route = (self.draw.choice(some) for some in (self.shops, self.customers, sorted(ROUTES)))
        service, path = ROUTES[route]
        url = self.draw.choice(self.stack.urls(service)) + path.format(customer)
        timeout = IMPATIENT_SECONDS if self.draw.random() < IMPATIENT else TIMEOUT_SECONDS
        asked, status, retry_after, body = time.time(), None, None, None
        try:
            headers = {"Authorization": f"Bearer {self.stack.token_of(shop)}"}
            answer = await http.get(url, headers=headers, timeout=timeout)
            kind, status = "answer", answer.status_code
            retry_after, body = answer.headers.get("Retry-After"), answer.json()
        except httpx2.ConnectError:
            kind = "refused"
        except httpx2.TimeoutException:
            kind = "left" if timeout == IMPATIENT_SECONDS else "silent"
        except httpx2.HTTPError:
            kind = "cut"
        self.came_to[kind if status is None else str(status)] += 1
        self.stack.reads.write(
            reader=reader, shop=shop, customer=customer, route=route, asked=asked,
            kind=kind, status=status, retry_after=retry_after, body=body,
        )  # fmt: skip


@asynccontextmanager
async def reading(
    stack: Stack, draw: random.Random, shops: Sequence[str], customers: Sequence[str]
) -> AsyncIterator[Reads]:
    """Eight readers beside the block."""
    reads = Reads(stack, draw, shops, customers)
    tasks = [asyncio.create_task(reads.read(number)) for number in range(READERS)]
    try:
        yield reads
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error
