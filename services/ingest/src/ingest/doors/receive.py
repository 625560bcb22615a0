"""The one way of a request through any door: verified, read, stored, answered."""

import asyncio
from math import ceil

from starlette.requests import Request
from starlette.responses import Response

from ingest.context import IngestContext
from ingest.domain.candidates import Arrival
from ingest.domain.normalise import Reading
from ingest.domain.sources import Source
from ingest.doors.door import Door
from ingest.doors.metrics import count_answers
from ingest.doors.read_events import BatchTooLarge, read_events
from ingest.doors.request.body import Delivery
from ingest.doors.request.limits import BROWSER_REQUEST_BYTES_MAX, REQUEST_BYTES_MAX
from ingest.hallway.group_commit import Busy, Unavailable
from mandegar.telemetry.tracing import current_traceparent
from mandegar.web import Problem
from mandegar.web.cors import ORIGIN_ALLOWED

BUSY_SECONDS = 1
UNAVAILABLE_SECONDS = 2


async def receive(request: Request, door: Door) -> Response:
    """Answer once the events are committed; raises ``Problem`` for whatever concerns the request as a whole."""
    context: IngestContext = request.app.state.context
    delivery = Delivery(request)
    source = await door.verify(delivery, context)
    _require_origin(request, source)
    try:
        arrivals = await _read(delivery, door, source, context)
        results = await context.commits.submit(arrivals)
    except Busy:
        title = "Too many events of this shop or source are waiting to be stored"
        raise Problem(503, "busy", title, "Retry shortly", headers={"Retry-After": str(BUSY_SECONDS)}) from None
    except Unavailable:
        raise Problem(
            503,
            "unavailable",
            "The events could not be stored in time",
            "Retry with the same ids; duplicates are recognised",
            headers={"Retry-After": str(UNAVAILABLE_SECONDS)},
        ) from None
    count_answers(door.name, results)
    response = door.answer(results, source)
    response.headers.update(context.rate_limits.headers(source))
    return response


async def _read(delivery: Delivery, door: Door, source: Source, context: IngestContext) -> list[Arrival]:
    """The events of a request, within the limits of its source."""
    limit = REQUEST_BYTES_MAX if source.trust == "server" else BROWSER_REQUEST_BYTES_MAX
    size = delivery.size(limit)
    _require_within_rate(context.rate_limits.wait(source, size), source, context)
    with context.commits.entering(source, size):
        form = door.form(delivery.headers)
        body = await delivery.body(limit)
        reading = Reading(source, context.clock.now(), context.identity_key, traceparent=current_traceparent())
        arrivals: list[Arrival] = []
        async with context.parsing.turn(source, len(body)):
            try:
                for part in read_events(form, body, delivery.headers, reading):
                    if arrivals:
                        await asyncio.sleep(0)
                    arrivals += part
            except BatchTooLarge as error:
                raise Problem(413, "batch_too_large", str(error)) from None
        _require_within_rate(context.rate_limits.take(source, len(arrivals)), source, context)
        return arrivals


def _require_origin(request: Request, source: Source) -> None:
    """Raise ``Problem`` 403 for a page that may not use the key of a browser source, which everybody can read."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    allowed = source.trust == "browser" and origin in source.origins
    setattr(request.state, ORIGIN_ALLOWED, allowed)
    if source.trust == "browser" and not allowed:
        raise Problem(
            403,
            "origin_not_allowed",
            "Pages of this origin may not use the key",
            "Add the origin to the source: PATCH /v1/sources/{source_id} with origins",
        )


def _require_within_rate(seconds: float, source: Source, context: IngestContext) -> None:
    if seconds:
        raise Problem(
            429,
            "too_many_events",
            "The source, or its shop, exceeds its rate limit",
            "Retry the same request after the seconds in Retry-After",
            headers={"Retry-After": str(ceil(seconds)), **context.rate_limits.headers(source)},
        )
