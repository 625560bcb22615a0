"""Bodies of requests within a number of bytes, counted as they arrive, whatever length was declared."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandegar.web.edge.limits import BODIES_BYTES_MAX, BODY_BYTES, BODY_BYTES_MAX
from mandegar.web.problems import Problem


class BodiesInHand:
    """The bytes in memory of the bodies of all requests of a process."""

    def __init__(self) -> None:
        self.bytes = 0


class BoundedBodies:
    """ASGI middleware whose ``receive`` raises ``Problem`` 408, 413 or 503 instead of going beyond a limit.

    It is the innermost, because the limit is the route's. The time of a body is limited by the connection.
    """

    def __init__(self, app: ASGIApp, in_hand: BodiesInHand | None = None) -> None:
        self._app = app
        self._in_hand = in_hand or BodiesInHand()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(self._in_hand, scope, receive)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._in_hand.bytes -= body.size


class _Body:
    __slots__ = ("_all", "_complete", "_limit", "_receive", "_scope", "size")

    def __init__(self, together: BodiesInHand, scope: Scope, receive: Receive) -> None:
        self._all, self._scope, self._receive = together, scope, receive
        self._limit, self._complete = 0, False
        self.size = 0

    async def receive(self) -> Message:
        if not self._limit:
            self._limit = limit_of(self._scope)
            if _declared(self._scope) > self._limit:
                raise _too_large(self._limit)
        message = await self._receive()
        if message["type"] == "http.request":
            chunk = len(message.get("body", b""))
            self.size += chunk
            self._all.bytes += chunk
            self._complete = not message.get("more_body", False)
            if self.size > self._limit:
                raise _too_large(self._limit)
            if self._all.bytes > BODIES_BYTES_MAX:
                raise Problem(503, "busy", "Too many request bodies are being read", "Retry shortly")
        elif not self._complete:
            raise Problem(408, "request_timeout", "The connection was closed before the request body was complete")
        return message


def limit_of(scope: Scope) -> int:
    """The bytes that a request may have in its body: as its route declares, or less if the route found out more."""
    found_out: int | None = scope.get(BODY_BYTES)
    if found_out is not None:
        return found_out
    extra: Mapping[str, int] = getattr(scope.get("route"), "openapi_extra", None) or {}
    return extra.get(BODY_BYTES, BODY_BYTES_MAX)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value[:15]) if value.isdigit() else 0
    return 0


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"The request body is larger than {limit} bytes")
