"""What every request and every answer have in common: an id, a place among those in hand, headers of security."""

import re
from collections import Counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandegar.telemetry import metrics
from mandegar.web.edge.connection import EXTENSION, Connection
from mandegar.web.edge.limits import Limits, network_of
from mandegar.web.edge.refusal import new_request_id
from mandegar.web.problems import Problem

# Paths for operators. With a port of operations they are served there alone, and nothing else is.
OPERATIONS = frozenset({"/", "/livez", "/readyz", "/startupz", "/metrics", "/docs", "/openapi.json"})
_PROBES = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CLOSE = (b"connection", b"close")
_SNIFF = (b"x-content-type-options", b"nosniff")
_NO_STORE = (b"cache-control", b"no-store")
_REFERRER = (b"referrer-policy", b"no-referrer")
_FRAMES = (b"content-security-policy", b"frame-ancestors 'none'")
_HSTS = (b"strict-transport-security", b"max-age=31536000")


class Requests:
    """The outermost ASGI application of a service. It answers HEAD as GET without a body."""

    def __init__(self, app: ASGIApp, limits: Limits, *, https: bool, operations_port: int | None) -> None:
        self._app, self._limits, self._operations_port = app, limits, operations_port
        always = [_SNIFF, *([_HSTS] if https else [])]
        # By the beginning of the path: answers to a token, pages for browsers.
        self._headers = {"/v1/": [*always, _NO_STORE], "/u": [*always, _NO_STORE, _REFERRER, _FRAMES]}
        self._always = [*always, _REFERRER, _FRAMES]
        self._in_hand = 0
        self._per_address: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, path = _request_id(scope), scope["path"]
        structlog.contextvars.bind_contextvars(request_id=request_id)
        common = self._headers_of(path)
        head = scope["method"] == "HEAD"
        connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
                is_stored = b"cache-control" in [name for name, _ in headers]
                headers += [header for header in common if header is not _NO_STORE] if is_stored else common
                if connection is not None and connection.unread(scope):
                    headers.append(_CLOSE)
                message = {**message, "headers": headers}
            elif head:
                message = {**message, "body": b""}
            await send(message)

        if self._operations_port is not None and not self._is_open(scope):
            await Problem(404, "not_found", "Not Found").response()(scope, receive, answer)
            return
        if path in _PROBES:
            await self._app({**scope, "method": "GET"} if head else scope, receive, answer)
            return
        address = network_of(scope["client"][0]) if scope.get("client") else "unknown"
        if self._in_hand >= self._limits.requests or self._per_address[address] >= self._limits.requests // 2:
            metrics.HTTP_REFUSED.labels("requests").inc()
            await _busy().response()(scope, receive, answer)
            return
        self._in_hand += 1
        self._per_address[address] += 1
        try:
            await self._app({**scope, "method": "GET"} if head else scope, receive, answer)
        finally:
            self._in_hand -= 1
            self._per_address[address] -= 1
            if not self._per_address[address]:
                del self._per_address[address]

    def _headers_of(self, path: str) -> list[tuple[bytes, bytes]]:
        return self._headers.get(path[:4]) or self._headers.get(path[:3].rstrip("/")) or self._always

    def _is_open(self, scope: Scope) -> bool:
        """Whether the port of a request serves its path."""
        server = scope.get("server")
        on_operations = server is not None and server[1] == self._operations_port
        return on_operations == (scope["path"] in OPERATIONS)


def _request_id(scope: Scope) -> str:
    """The id that the caller gave the request, if it is fit for a log and a header; else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return str(value, "ascii")
    return new_request_id()


def _busy() -> Problem:
    return Problem(503, "busy", "Too many requests are being handled", "Retry shortly")
