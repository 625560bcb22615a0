"""``POST /v1/events``, documented by hand: its body is read as bytes, never by the framework."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPBearer

from ingest.doors.receive import receive_events
from ingest.doors.schemas import EventResults

_EXAMPLE = {
    "id": "o-1001-paid",
    "type": "order.paid",
    "time": "2026-11-22T10:00:00Z",
    "customer": {"id": "c-42", "email": "sara@example.com", "locale": "fa-IR"},
    "data": {"order_id": "o-1001", "currency": "IRR", "total": "12500000"},
}
_EVENT = {
    "type": "object",
    "required": ["id", "type", "data"],
    "properties": {
        "id": {"type": "string"},
        "type": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "customer": {"type": "object"},
        "data": {"type": "object"},
    },
    "example": _EXAMPLE,
}
_CLOUD_EVENT = {"type": "object", "required": ["specversion", "id", "source", "type"]}
_CONTENT = {
    "application/json": {"schema": {"oneOf": [_EVENT, {"type": "array", "items": _EVENT, "maxItems": 1000}]}},
    "application/cloudevents+json": {"schema": _CLOUD_EVENT},
    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _CLOUD_EVENT, "maxItems": 1000}},
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not what its Content-Encoding says"},
    401: {"description": "No live source key"},
    408: {"description": "The body did not arrive in time"},
    413: {"description": "More than 1 MiB or 1000 events"},
    415: {"description": "Another content type or encoding"},
    422: {"description": "Every event was rejected; `results` says why"},
    429: {"description": "The source sends more than it may; see Retry-After"},
    503: {"description": "The events could not be stored in time; see Retry-After, then send them again"},
}


class Door(APIRoute):
    """A documented route whose handler gets the request as it came."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return receive_events


# For the document alone: the handler looks at the key itself.
_KEYS = [
    Security(APIKeyHeader(name="X-Mandegar-Key", scheme_name="SourceKey", auto_error=False)),
    Security(HTTPBearer(scheme_name="SourceKeyAsBearer", auto_error=False)),
]

router = APIRouter(route_class=Door, tags=["doors"], dependencies=_KEYS)


@router.post(
    "/v1/events",
    status_code=202,
    response_model=EventResults,
    responses=_PROBLEMS,
    summary="Send one event, a list of events, or CloudEvents",
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
)
async def events() -> None:
    """One result per event, in order: `accepted`, `duplicate`, `quarantined` (kept, do not resend) or `rejected`.

    The key of a source goes into `Authorization: Bearer <key>` or `X-Mandegar-Key`. Sending the same events again is
    always safe: ids tell. A revoked key stops working within five seconds.
    """
