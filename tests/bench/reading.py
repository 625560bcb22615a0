"""As many reads as one server answers: a few kept connections, each of which asks again as soon as it is answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle
from urllib.parse import urlsplit

CONNECTIONS = 8


class Reading(asyncio.Protocol):
    """One kept connection. It costs a fifth of the cheapest server, so that it is not what is measured."""

    def __init__(self, requests: Iterator[bytes], statuses: Counter[bytes]) -> None:
        self._requests, self._statuses = requests, statuses
        self._received, self._transport = b"", asyncio.Transport()
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._received.lower().find(b"content-length: ", 0, head) + 16
        if len(self._received) < head + 4 + int(self._received[at : self._received.find(b"\r", at)]):
            return
        self._statuses[self._received[9:12]] += 1
        self._received = b""
        self._transport.write(next(self._requests))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(error)

    def close(self) -> None:
        self._transport.abort()


async def read_for(url: str, requests: Sequence[bytes], seconds: float) -> tuple[Counter[bytes], float, float]:
    """Ask for so long, over eight connections: how often each status was answered, seconds, and CPU of the client."""
    statuses: Counter[bytes] = Counter()
    parts, all_of_them = urlsplit(url), cycle(requests)
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: Reading(all_of_them, statuses), parts.hostname, parts.port))[1]
        for _ in range(CONNECTIONS)
    ]
    statuses.clear()
    began, cpu = time.monotonic(), time.process_time()
    lost = [connection.ended for connection in connections]
    await asyncio.wait(lost, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    took, spent = time.monotonic() - began, time.process_time() - cpu
    assert not any(one.done() for one in lost), f"the server closed a connection behind {dict(statuses)}"
    for connection in connections:
        connection.close()
    return statuses, took, spent
