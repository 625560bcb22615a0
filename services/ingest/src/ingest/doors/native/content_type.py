"""Which form the headers of ``POST /v1/events`` announce."""

from starlette.datastructures import Headers

from ingest.doors.cloudevents.forms import BATCHED, BINARY, STRUCTURED
from ingest.doors.door import Form
from ingest.doors.native.form import NATIVE
from mandegar.web import Problem

_STRUCTURED = ("application/cloudevents", "application/cloudevents+json")
_BATCHED = ("application/cloudevents-batch", "application/cloudevents-batch+json")
_ACCEPTED = "application/json, application/cloudevents+json, application/cloudevents-batch+json"


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
