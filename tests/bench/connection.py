"""The cheapest HTTP/1.1 client that does: it shares two cores with what it measures, so it must not be seen."""

import asyncio
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson


class Answer(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """One kept connection with one request on it at a time. Reads answers that say how long they are."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._ends_at = -1
        self._body_at = 0
        self._answer: asyncio.Future[Answer] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for its answer; ``ConnectionError`` when the other side goes away."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the connection is closed")
        self._received, self._ends_at = b"", -1
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._ends_at < 0:
            head_ends = self._received.find(b"\r\n\r\n")
            if head_ends < 0:
                return
            length = self._received[:head_ends].lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._body_at = head_ends + 4
            self._ends_at = self._body_at + int(length)
        if len(self._received) >= self._ends_at and self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(int(self._received[9:12]), self._received[self._body_at :]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the connection was lost: {error}"))


async def connect(url: str) -> Connection:
    """A connection to the server of ``url``."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    _, connection = await asyncio.get_running_loop().create_connection(Connection, host, port)
    return connection


def post(path: str, key: str, body: bytes) -> bytes:
    """The bytes of a POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, token: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def read_statuses(answer: Answer) -> list[str]:
    """What became of each event of a request; an answer other than 202 is an error."""
    if answer.status != 202:
        raise AssertionError(f"the door answered {answer.status}: {answer.body[:300]!r}")
    return [result["status"] for result in orjson.loads(answer.body)["results"]]
