"""The way of a request through ``POST /v1/events``: key, type, bytes, events, commit, answer."""

from collections.abc import Sequence
from math import ceil

from msgspec import json, to_builtins
from starlette.requests import Request
from starlette.responses import Response

from ingest.domain.candidates import Arrival
from ingest.domain.normalise import Reading
from ingest.domain.outcomes import Result
from ingest.domain.sources import Source
from ingest.doors.native.media import UnsupportedType, mode_of
from ingest.doors.read_events import BatchTooLarge, read_body
from ingest.doors.request.body import read_request
from ingest.doors.request.limits import REQUEST_BYTES_MAX
from ingest.doors.state import doors_of
from ingest.hallway.group_commit import Busy, Unavailable
from ingest.hallway.metrics import count_answers
from mandegar.service.context import Context
from mandegar.telemetry.tracing import current_traceparent
from mandegar.web import Problem

BUSY_SECONDS = 1
AWAY_SECONDS = 2


async def receive_events(request: Request) -> Response:
    """Answer once everything that can be kept is kept; raises ``Problem`` for what concerns the whole request."""
    context: Context = request.app.state.context
    doors = doors_of(context)
    if doors.commits.full:
        raise _busy()
    source = await _source(request, context)
    with doors.commits.entering():
        arrivals = await _read(request, source, context)
        if wait := doors.wait_for(source, len(arrivals)):
            headers = {"Retry-After": str(ceil(wait))}
            raise Problem(429, "too_many_events", "This source sends more than it may", headers=headers)
    try:
        results = await doors.commits.submit(arrivals)
    except Busy:
        raise _busy() from None
    except Unavailable:
        headers = {"Retry-After": str(AWAY_SECONDS)}
        raise Problem(
            503, "unavailable", "The events could not be stored in time", "Send them again: ids tell", headers=headers
        ) from None
    count_answers("http", results)
    return _answer(results, source)


async def _source(request: Request, context: Context) -> Source:
    """The source whose key came along; 401 without one that is live."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        key = request.headers.get("x-mandegar-key", "")
    source = await doors_of(context).keys.source(key.strip(), context.clock.now()) if key else None
    if source is None:
        headers = {"WWW-Authenticate": 'Bearer realm="mandegar events"'}
        raise Problem(401, "invalid_key", "A live source key is needed", headers=headers)
    return source


async def _read(request: Request, source: Source, context: Context) -> Sequence[Arrival]:
    content_type = request.headers.get("content-type", "")
    try:
        mode = mode_of(content_type, [name for name, _ in request.headers.raw])
    except UnsupportedType as error:
        headers = {"Accept": "application/json, application/cloudevents+json, application/cloudevents-batch+json"}
        raise Problem(415, "unsupported_media_type", str(error), headers=headers) from None
    body = await read_request(request, REQUEST_BYTES_MAX)
    reading = Reading(source, context.clock.now(), context.identity_key, traceparent=current_traceparent())
    try:
        return read_body(body, mode, reading, headers=request.headers.raw, content_type=content_type)
    except BatchTooLarge as error:
        raise Problem(413, "batch_too_large", str(error)) from None


def _answer(results: Sequence[Result], source: Source) -> Response:
    if results and all(result.status == "rejected" for result in results):
        problem = Problem(
            422, "all_rejected", "No event could be accepted", results=[to_builtins(result) for result in results]
        )
        return problem.response()
    return Response(json.encode({"results": results}), source.success_status, media_type="application/json")


def _busy() -> Problem:
    return Problem(503, "busy", "Too much is waiting to be stored", headers={"Retry-After": str(BUSY_SECONDS)})
