"""``POST /v1/events``."""

from fastapi import Request, Response

from ingest.doors.catalogue.body import BODY
from ingest.doors.door_route import SOURCE_KEY, DoorRoute
from ingest.doors.native.door import EVENTS
from ingest.doors.receive import receive
from ingest.doors.schemas import EventResults
from mandegar.web import Router, errors

_PROBLEMS = errors(
    (400, "bad_encoding", "the body cannot be decoded as its Content-Encoding"),
    (401, "invalid_key", "there is no valid source key"),
    (403, "origin_not_allowed", "the key of a browser source is used on a page of another origin"),
    (408, "request_timeout", "the body did not arrive in time"),
    (413, "too_large", "the body has more than 1 MiB after decoding"),
    (413, "batch_too_large", "there are more than 1000 events"),
    (415, "unsupported_media_type", "the Content-Type is none of those of the body"),
    (415, "unsupported_encoding", "the Content-Encoding is not gzip, deflate or identity"),
    (422, "all_rejected", "every event was rejected; `results` has the reasons"),
    (429, "too_many_events", "the source, or its shop, exceeds its rate limit; retry after `Retry-After`"),
    (429, "quarantine_full", "every event needs a place in quarantine, which is full; `results` has the reasons"),
    (503, "unavailable", "the events could not be stored in time; retry with the same ids after `Retry-After`"),
    (503, "busy", "too many events of the shop or source wait to be stored; retry after `Retry-After`"),
)

router = Router(route_class=DoorRoute, tags=["doors"], dependencies=SOURCE_KEY)


@router.post(
    "/v1/events",
    status_code=202,
    response_model=EventResults,
    responses=_PROBLEMS,
    summary="Send one event, an array of events, or CloudEvents",
    openapi_extra=BODY,
)
async def post_events(request: Request) -> Response:
    """The answer has one result for each event, in the order of the request: `accepted`, `duplicate`, `quarantined`
    (stored, do not send it again), `rejected` (not stored) or `suppressed` (its customer was erased, so it is not
    stored; do not send it again).

    Send the key of a source as `Authorization: Bearer <key>` or in `X-Mandegar-Key`. Retrying is always safe: an event
    with the same id and the same content is recognised as a duplicate.
    """
    return await receive(request, EVENTS)
