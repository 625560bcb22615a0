"""The door behind ``POST /v1/events``: verified by a source's key, in the native form or as CloudEvents."""

from collections.abc import Sequence

from msgspec import json, to_builtins
from starlette.datastructures import Headers
from starlette.responses import Response

from ingest.context import IngestContext
from ingest.domain.outcomes import Result
from ingest.domain.sources import Source
from ingest.doors.cloudevents.forms import BATCHED, BINARY, STRUCTURED
from ingest.doors.door import Door, Form
from ingest.doors.native.form import NATIVE
from ingest.doors.request.body import Delivery
from mandegar.web import Problem

# Until somebody has released or dropped what is there.
FULL_SECONDS = 60
_STRUCTURED = ("application/cloudevents", "application/cloudevents+json")
_BATCHED = ("application/cloudevents-batch", "application/cloudevents-batch+json")
_ACCEPTED = "application/json, application/cloudevents+json, application/cloudevents-batch+json"


async def source_of_key(delivery: Delivery, context: IngestContext) -> Source:
    """The source whose key is in ``Authorization`` or ``X-Mandegar-Key``; raises ``Problem`` 401."""
    scheme, _, key = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        key = delivery.headers.get("x-mandegar-key", "")
    source = await context.keys.source(key.strip(), context.clock.now()) if key else None
    if source is None:
        raise Problem(
            401,
            "invalid_key",
            "The request needs a valid source key",
            "Send it as Authorization: Bearer <key>, or in the header X-Mandegar-Key",
            headers={"WWW-Authenticate": 'Bearer realm="mandegar events"'},
        )
    return source


def form_of(headers: Headers) -> Form:
    """The form by the media type, else by the presence of CloudEvents headers; raises ``Problem`` 415."""
    media, _, parameters = headers.get("content-type", "").lower().partition(";")
    media = media.strip()
    charset = next((p.partition("=")[2].strip(' "') for p in parameters.split(";") if "charset" in p), "utf-8")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported("The body must be encoded in UTF-8")
    if media in _BATCHED:
        return BATCHED
    if media in _STRUCTURED:
        return STRUCTURED
    if media.startswith("application/cloudevents"):
        raise _unsupported("CloudEvents must be in the JSON format")
    if media != "application/json" and not media.endswith("+json"):
        raise _unsupported(f"Content-Type must be one of {_ACCEPTED}")
    return BINARY if "ce-specversion" in headers else NATIVE


def _unsupported(title: str) -> Problem:
    return Problem(415, "unsupported_media_type", title, headers={"Accept": _ACCEPTED})


def answer(results: Sequence[Result], source: Source) -> Response:
    """One result for each event; 422 only if every event was rejected, 429 only if every event has to be sent again."""
    if results and all(result.status == "retry" for result in results):
        title = "The shop's quarantine is full, and none of the events can be accepted as it is"
        headers = {"Retry-After": str(FULL_SECONDS)}
        return Problem(
            429, "quarantine_full", title, headers=headers, results=[to_builtins(result) for result in results]
        ).response()
    if results and all(result.status == "rejected" for result in results):
        problem = Problem(
            422, "all_rejected", "Every event was rejected", results=[to_builtins(result) for result in results]
        )
        return problem.response()
    return Response(json.encode({"results": results}), source.success_status, media_type="application/json")


EVENTS = Door("http", source_of_key, form_of, answer)
