"""``POST /v1/events``."""

from typing import Any

from fastapi import Request, Response

from ingest.doors.door_route import SOURCE_KEY, DoorRoute
from ingest.doors.native.door import EVENTS
from ingest.doors.receive import receive
from ingest.doors.schemas import EventResults
from mandegar.web import Router

_EVENT = {
    "type": "object",
    "required": ["id", "type", "data"],
    "properties": {
        "id": {"type": "string", "description": "The shop's id of the event; sending it again has no further effect"},
        "type": {"type": "string", "description": "What happened, such as order.paid"},
        "time": {"type": "string", "format": "date-time", "description": "When it happened; defaults to now"},
        "customer": {"type": "object", "description": "Who did it: id, else email, phone or anonymous_id"},
        "data": {"type": "object", "description": "The details, whose fields depend on the type"},
    },
    "example": {
        "id": "o-1001-paid",
        "type": "order.paid",
        "time": "2026-11-22T10:00:00Z",
        "customer": {"id": "c-42", "email": "sara@example.com", "locale": "fa-IR"},
        "data": {"order_id": "o-1001", "currency": "IRR", "total": "12500000"},
    },
}
_CLOUD_EVENT = {"type": "object", "required": ["specversion", "id", "source", "type"]}
_CONTENT = {
    "application/json": {"schema": {"oneOf": [_EVENT, {"type": "array", "items": _EVENT, "maxItems": 1000}]}},
    "application/cloudevents+json": {"schema": _CLOUD_EVENT},
    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _CLOUD_EVENT, "maxItems": 1000}},
}
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
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
)
async def post_events(request: Request) -> Response:
    """The answer has one result for each event, in the order of the request: `accepted`, `duplicate`, `quarantined`
    (stored, do not send it again) or `rejected` (not stored).

    Send the key of a source as `Authorization: Bearer <key>` or in `X-Mandegar-Key`. Retrying is always safe: an event
    with the same id and the same content is recognised as a duplicate.
    """
    return await receive(request, EVENTS)
