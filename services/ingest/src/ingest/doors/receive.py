"""The one way of a request through any door: verified, read, stored, answered."""

from math import ceil

from starlette.requests import Request
from starlette.responses import Response

from ingest.context import IngestContext
from ingest.domain.normalise import Reading
from ingest.doors.door import Door
from ingest.doors.metrics import count_answers
from ingest.doors.read_events import BatchTooLarge, read_events
from ingest.doors.request.body import Delivery
from ingest.hallway.group_commit import Busy, Unavailable
from mandegar.telemetry.tracing import current_traceparent
from mandegar.web import Problem

BUSY_SECONDS = 1
UNAVAILABLE_SECONDS = 2


async def receive(request: Request, door: Door) -> Response:
    """Answer once the events are committed; raises ``Problem`` for whatever concerns the request as a whole."""
    context: IngestContext = request.app.state.context
    commits = context.commits
    if commits.full:
        raise _busy()
    delivery = Delivery(request)
    source = await door.verify(delivery, context)
    with commits.entering():
        form = door.form(delivery.headers)
        body = await delivery.body()
        reading = Reading(source, context.clock.now(), context.identity_key, traceparent=current_traceparent())
        try:
            arrivals = read_events(form, body, delivery.headers, reading)
        except BatchTooLarge as error:
            raise Problem(413, "batch_too_large", str(error)) from None
        if seconds := context.rate_limits.take(source.id, len(arrivals)):
            headers = {"Retry-After": str(ceil(seconds))}
            raise Problem(429, "too_many_events", "The source exceeds its rate limit", headers=headers)
    try:
        results = await commits.submit(arrivals)
    except Busy:
        raise _busy() from None
    except Unavailable:
        raise Problem(
            503,
            "unavailable",
            "The events could not be stored in time",
            "Retry with the same ids; duplicates are recognised",
            headers={"Retry-After": str(UNAVAILABLE_SECONDS)},
        ) from None
    count_answers(door.name, results)
    return door.answer(results, source)


def _busy() -> Problem:
    title = "Too many events are waiting to be stored"
    return Problem(503, "busy", title, "Retry shortly", headers={"Retry-After": str(BUSY_SECONDS)})
