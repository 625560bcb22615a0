"""``POST /v1/events``."""

from typing import Any

from fastapi import Request, Response

from ingest.doors.catalogue.body import BODY
from ingest.doors.door_route import SOURCE_KEY, DoorRoute
from ingest.doors.native.door import EVENTS
from ingest.doors.receive import receive
from ingest.doors.schemas import EventResults
from mandegar.web import Router

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body cannot be decoded as its Content-Encoding"},
    401: {"description": "No valid source key"},
    408: {"description": "The body did not arrive in time"},
    413: {"description": "More than 1 MiB after decoding, or more than 1000 events"},
    415: {"description": "Unsupported Content-Type or Content-Encoding"},
    422: {"description": "Every event was rejected; `results` has the reasons"},
    429: {"description": "The source exceeds its rate limit; retry after `Retry-After`"},
    503: {"description": "The events could not be stored in time; retry with the same ids after `Retry-After`"},
}

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
    (stored, do not send it again) or `rejected` (not stored).

    Send the key of a source as `Authorization: Bearer <key>` or in `X-Mandegar-Key`. Retrying is always safe: an event
    with the same id and the same content is recognised as a duplicate.
    """
    return await receive(request, EVENTS)
