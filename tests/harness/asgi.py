"""Requests to an ASGI application as a server hands them over, with paths that a client library would tidy up."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    """What an application sent; ``error`` is what it raised behind that."""

    status: int
    headers: Headers
    body: bytes
    error: str | None = None


async def ask(app: ASGIApp, method: str, target: str, headers: Headers, *, client: str = "127.0.0.1") -> Answer:
    """The answer to one request without a body; ``target`` is the path and query as they stand in the request line."""
    raw_path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(raw_path), "raw_path": raw_path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"service.test"), *headers], "client": (client, 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    error = None
    try:
        await app(scope, receive, send)
    except Exception as raised:  # noqa: BLE001  a server logs it and goes on
        error = repr(raised)
    start, *rest = sent
    body = b"".join(message.get("body", b"") for message in rest)
    return Answer(start["status"], list(start.get("headers", [])), body, error)
