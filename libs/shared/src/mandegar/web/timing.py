"""Measures the duration of each request and continues its trace."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandegar.clock import monotonic_seconds
from mandegar.telemetry import metrics, tracing


class Timing:
    """ASGI middleware that records requests under their route's template; a path would be an unbounded label."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = monotonic_seconds(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with tracing.serving(scope["method"], scope["headers"]) as span:
            try:
                await self._app(scope, receive, watched)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                span.update_name(f"{scope['method']} {route}")
                metrics.http_seconds(route, scope["method"], status).observe(monotonic_seconds() - began)
