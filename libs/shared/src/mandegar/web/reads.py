"""Reads of one customer that are answered without the framework, which would take most of their time.

A room declares such a route with ``Router.read``. ``PlainReads`` answers it where the request is plain: GET, without a
query, without an encoded slash. Everything else goes on to the framework, whose route calls the same function. Both
check access, allowance and customer with the same functions and answer errors with the same handlers, so that an answer
does not tell which of them gave it.
"""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mandegar.clock import monotonic_seconds
from mandegar.database import answering_within
from mandegar.service.context import Context
from mandegar.telemetry import metrics, tracing
from mandegar.tokens import Principal
from mandegar.web.access import ReadRoute
from mandegar.web.customers import ID_MAX, customer_key
from mandegar.web.language import accepted_language
from mandegar.web.problems import answer_error, answer_unexpected
from mandegar.web.versioned import unless_known

_PREFIX = "/v1/customers/"
_ID = "{customer_id}"
_NO_SPAN = nullcontext()


class PlainReads:
    """ASGI middleware around the whole framework that answers plain reads of ``routers``."""

    def __init__(self, app: ASGIApp, context: Context, routers: Iterable[APIRouter]) -> None:
        self._app, self._context = app, context
        # By what follows the customer's id in the path.
        self._routes = {
            route.path.removeprefix(_PREFIX + _ID): route
            for router in routers
            for route in router.routes
            if isinstance(route, ReadRoute)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (found := self._plain(scope)) is None:
            await self._app(scope, receive, send)
            return
        route, customer_id = found
        scope["route"] = route
        began, status = monotonic_seconds(), 500
        # A read makes no event that would carry the trace on.
        with tracing.serving(f"GET {route.path}", scope["headers"]) if tracing.is_recorded() else _NO_SPAN:
            try:
                try:
                    response = await self._response(route, scope, customer_id)
                except Exception as error:
                    request = Request(scope)
                    if (refusal := await answer_error(request, error)) is None:
                        await (await answer_unexpected(request, error))(scope, receive, send)
                        raise  # to the server, as the framework does
                    response = refusal
                status = response.status_code
                await response(scope, receive, send)
            finally:
                metrics.http_seconds(route.path, "GET", status).observe(monotonic_seconds() - began)

    def _plain(self, scope: Scope) -> tuple[ReadRoute, str] | None:
        """The route and the customer of a plain read; ``None`` for every other request."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None
        path: str = scope["path"]
        if not path.startswith(_PREFIX) or b"%2f" in (scope.get("raw_path") or b"").lower():
            return None
        customer_id, slash, rest = path[len(_PREFIX) :].partition("/")
        route = self._routes.get(slash + rest)
        return None if route is None or not 0 < len(customer_id) <= ID_MAX else (route, customer_id)

    async def _response(self, route: ReadRoute, scope: Scope, customer_id: str) -> Response:
        with answering_within(self._context.settings.answer_seconds):
            route.admit(scope)
            who: Principal = scope["state"]["principal"]
            customer = await customer_key(self._context, who, customer_id)
            more: dict[str, Any] = {"accept_language": accepted_language(scope)} if route.reads_language else {}
            if route.reads_principal:
                more["who"] = who
            answer: Response = await route.endpoint(self._context, customer, **more)
        return unless_known(answer, scope)
