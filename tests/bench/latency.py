"""Times of many requests: started at a steady rate, told as p50 and p99."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bench.connection import Answer, Connection, connect
from bench.figures import Measured

TICK_SECONDS = 0.002


def percentiles(seconds: Sequence[float]) -> list[Measured]:
    """p50 and p99 in milliseconds."""
    ordered = sorted(seconds)
    assert ordered, "nothing was measured"
    return [Measured(1_000 * ordered[min(int(len(ordered) * part), len(ordered) - 1)]) for part in (0.50, 0.99)]


async def at_rate(rate: float, seconds: float, start: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Start ``start(number)`` that often for that long, whether or not earlier ones are done; then wait for all."""
    began, number, running = time.monotonic(), 0, set[asyncio.Task[None]]()
    failures: list[BaseException] = []

    def finished(task: asyncio.Task[None]) -> None:
        running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            failures.append(error)

    while (elapsed := time.monotonic() - began) < seconds and not failures:
        while number < elapsed * rate:
            task = asyncio.create_task(start(number))
            running.add(task)
            task.add_done_callback(finished)
            number += 1
        await asyncio.sleep(TICK_SECONDS)
    await asyncio.gather(*running, return_exceptions=True)
    if failures:
        raise failures[0]


class Connections:
    """As many connections to a server as are needed at one time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[Connection] = []

    async def ask(self, request: bytes) -> Answer:
        """The answer to a request, over the connection that was used last."""
        connection = self._free.pop() if self._free else await connect(self._url)
        answer = await connection.ask(request)
        self._free.append(connection)
        return answer

    def close(self) -> None:
        for connection in self._free:
            connection.close()
