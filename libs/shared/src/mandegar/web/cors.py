"""Answers to web pages of other origins (CORS): a shop allows them for tokens, a source for its door."""

import re
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandegar.web.access import TokenAccess
from mandegar.web.origins import Origins

# Set in the state of a request by a door, which knows the source: whether the source allows the origin.
ORIGIN_ALLOWED = "origin_allowed"
MAX_AGE_SECONDS = 600
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_CLOUD_EVENT = "ce-customerid, ce-datacontenttype, ce-id, ce-source, ce-specversion, ce-subject, ce-time, ce-type"
# Attributes of CloudEvents that others define; the door ignores those that it does not know.
_EXTENSION = re.compile(r"ce-[a-z0-9]{1,20}")
EXTENSIONS_MAX = 20
_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Mandegar-Key, X-Request-Id, traceparent, "
    + _CLOUD_EVENT
)
_EXPOSE = (b"access-control-expose-headers", b"ETag, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy")
_VARY = (b"vary", b"Origin")


class Cors:
    """The outermost ASGI application, because a page must be able to read refusals too.

    A preflight has no credentials, so it is granted to every origin that some shop or source allows. The answer itself
    names the origin only if the shop of the token, or the source, allows it; before these are known, if any does.
    Tokens are headers, so credentials of the browser are never asked for.
    """

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"origin" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers["origin"]
        await self._origins.refresh()
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            asked = headers.get("access-control-request-headers", "")
            await self._preflight(origin, asked)(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), _VARY]
                if self._is_allowed(origin, state):
                    headers += [(b"access-control-allow-origin", origin.encode()), _EXPOSE]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, answer)

    def _preflight(self, origin: str, asked: str) -> Response:
        if not self._origins.is_known(origin):
            return Response(status_code=403, headers={"Vary": "Origin"})
        granted = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": ", ".join([_HEADERS, *_extensions(asked)]),
            "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
            "Vary": "Origin, Access-Control-Request-Headers",
        }
        return Response(status_code=204, headers=granted)

    def _is_allowed(self, origin: str, state: dict[str, Any]) -> bool:
        if (by_source := state.get(ORIGIN_ALLOWED)) is not None:
            return bool(by_source)
        if (who := state.get("principal")) is None:
            return self._origins.is_known(origin)
        access = state.get("access")
        for_customers = isinstance(access, TokenAccess) and bool(access.customer_scopes)
        return for_customers and self._origins.is_of_shop(origin, who.shop)


def _extensions(asked: str) -> list[str]:
    """The headers of CloudEvents among those for which a page asks that have no name of their own here."""
    names = (name.strip().lower() for name in asked[:1000].split(","))
    known = _CLOUD_EVENT.split(", ")
    return [name for name in dict.fromkeys(names) if _EXTENSION.fullmatch(name) and name not in known][:EXTENSIONS_MAX]
