"""Bounds the transactions of a request, so that it is answered although the database is silent."""

from starlette.types import ASGIApp, Receive, Scope, Send

from mandegar.database import answering_within


class Deadline:
    """ASGI middleware: a transaction of a request ends within ``seconds``, and the answer is then 503."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with answering_within(self._seconds):
            await self._app(scope, receive, send)
