"""Answers errors with RFC 9457 problem details: a stable code for programs and a sentence for people."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mandegar.database import is_transient
from mandegar.database.transient import TRANSIENT_CLASSES
from mandegar.telemetry.logging import logger

log = logger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}
RETRY_AFTER_SECONDS = 2
# Of a text with NUL, and of JSON with its escape: no column can have them, so it is the request that is wrong.
_UNSTORABLE = frozenset({"22021", "22P05"})


class Problem(Exception):
    """An error answer. ``code`` is stable, ``detail`` describes cause or remedy, ``extra`` are further members."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(title)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.headers, self.extra = dict(headers or {}), extra
        if status in {429, 503}:
            self.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))

    def response(self) -> Response:
        body = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            **({"detail": self.detail} if self.detail else {}),
            **self.extra,
        }
        return Response(
            orjson.dumps(body, default=str), self.status, self.headers, media_type="application/problem+json"
        )


def errors(*told: tuple[int, str, str]) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route for OpenAPI: errors of its own, each a status, its code, and when it happens.

    Errors that follow from what a route declares (token, customer, parameters) need not be given.
    """
    texts: dict[int, list[str]] = {}
    for status, code, text in told:
        texts.setdefault(status, []).append(f"`{code}`: {text}")
    return {status: {"description": "; ".join(lines)} for status, lines in texts.items()}


def add_problem_answers(
    app: FastAPI, instead: Callable[[Request, Problem], Problem] = lambda _, problem: problem
) -> None:
    """Answer every error of ``app`` with problem details; a ``Problem`` with what ``instead`` makes of it."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return _answer(request, instead(request, error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, Problem):  # raised while FastAPI read the body
            return _answer(request, error.__cause__)
        code = _CODES.get(error.status_code, "error")
        return _answer(request, Problem(error.status_code, code, str(error.detail), headers=error.headers))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"at": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in error.errors()
        ]
        return _answer(request, Problem(422, "invalid", "The request does not have the expected form", errors=errors))

    # Transient errors have handlers of their own, because Starlette raises again after the handler of ``Exception``.
    for unexpected_class in (*TRANSIENT_CLASSES, Exception):
        app.add_exception_handler(unexpected_class, answer_unexpected)


async def answer_error(request: Request, error: Exception) -> Response | None:
    """What the application of the request answers to ``error``; ``None`` if it is unexpected, and to be raised again.

    The framework's outermost middleware answers unexpected errors and passes them on to the server.
    """
    handlers = request.app.exception_handlers
    handled = next(cls for cls in type(error).__mro__ if cls in handlers)
    return None if handled is Exception else await handlers[handled](request, error)


def _answer(request: Request, error: Problem) -> Response:
    """The response of a problem; its code is noted for the audit."""
    request.state.problem = error.code
    return error.response()


async def answer_unexpected(request: Request, error: Exception) -> Response:
    """503 to a transient error, 422 to a text that PostgreSQL cannot hold, 500 to any other, which is logged."""
    if is_transient(error):
        # The route's template, not the path, which contains ids of customers or tokens of links.
        route = getattr(request.scope.get("route"), "path", "unmatched")
        log.warning("request_unavailable", route=route, error=type(error).__name__)
        return Problem(503, "unavailable", "A part of this service is unavailable; try again shortly").response()
    if getattr(error, "sqlstate", None) in _UNSTORABLE:
        return Problem(422, "invalid", "The request has a character that cannot be stored, such as NUL").response()
    log.error("request_failed", error=type(error).__name__, exc_info=error)
    return Problem(500, "internal", "The request failed on our side; the error was logged").response()
