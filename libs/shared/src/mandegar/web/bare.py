"""Doors and other routes that need nothing of the framework are served in front of it, with the same answers."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mandegar.web.access import GuardedRoute
from mandegar.web.deadline import Deadline
from mandegar.web.edge.body import BodiesInHand, BoundedBodies
from mandegar.web.problems import answer_error
from mandegar.web.timing import Timing

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class BareRoute(GuardedRoute):
    """A route whose endpoint takes the request as it is and returns the response: FastAPI only documents it."""

    def get_admitted_handler(self) -> Handle:
        return self.endpoint


class BareRoutes:
    """ASGI middleware that calls the ``BareRoute`` of a request itself; every other request goes to the framework.

    Routers, dependencies and middleware take longer than all else that a small request needs. What of them concerns
    these routes stands here too: access, the time, the bytes of bodies, metrics, traces and the answers to errors. A
    request is not plain if its path is written with escapes.
    """

    def __init__(self, app: ASGIApp, routers: Iterable[APIRouter], bodies: BodiesInHand, answer_seconds: float) -> None:
        self._app = app
        self._served: dict[tuple[str, bytes], tuple[BareRoute, ASGIApp]] = {}
        for route in (route for router in routers for route in router.routes):
            if isinstance(route, BareRoute) and not route.param_convertors:
                endpoint = BoundedBodies(_Answering(route.get_route_handler()), bodies)
                served = route, Timing(Deadline(endpoint, answer_seconds))
                self._served |= {(method, route.path.encode()): served for method in route.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        served = self._served.get((scope["method"], scope.get("raw_path", b""))) if scope["type"] == "http" else None
        if served is None:
            await self._app(scope, receive, send)
            return
        scope["route"], app = served
        await app(scope, receive, send)


class _Answering:
    """The handler of a route as an ASGI application."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._handle(request)
        except Exception as error:
            if (refusal := await answer_error(request, error)) is None:
                raise
            response = refusal
        await response(scope, receive, send)
