"""Refusals of the HTTP server itself, which no route and no middleware sees."""

from http import HTTPStatus
from random import getrandbits

from mandegar.web.problems import Problem

# Reason, which is the label of a metric, to the answer.
REFUSALS = {
    "malformed": Problem(400, "malformed_request", "The request is not valid HTTP/1.1"),
    "pipelined": Problem(400, "too_many_pipelined", "Wait for an answer before sending more requests"),
    "head_time": Problem(408, "request_timeout", "The head of the request did not arrive in time"),
    "body_time": Problem(408, "request_timeout", "The request body did not arrive in time"),
    "body_framing": Problem(400, "malformed_request", "The framing of the chunked body is larger than its content"),
    "head_bytes": Problem(431, "headers_too_large", "The request line and headers are larger than 32 KiB"),
    "headers": Problem(431, "too_many_headers", "The request has more than 100 headers"),
    "connections": Problem(503, "busy", "The server has no free connection", "Retry shortly"),
}


def new_request_id() -> str:
    """An id for a request that came without one."""
    return f"{getrandbits(64):016x}"


def raw_answer(problem: Problem) -> bytes:
    """The bytes of a problem answer after which the connection is closed."""
    response = problem.response()
    head = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
    head += [name + b": " + value for name, value in response.raw_headers]
    head += [b"x-request-id: " + new_request_id().encode(), b"x-content-type-options: nosniff", b"connection: close"]
    return b"\r\n".join([*head, b"", bytes(response.body)])
