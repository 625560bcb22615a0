"""A request's body, or a record's value, as candidates and refusals in the order they came."""

from collections.abc import Iterable

from ingest.domain.candidates import Arrival, Refusal
from ingest.domain.forms import EventForm
from ingest.domain.normalise import Reading, normalise
from ingest.domain.outcomes import Refused
from ingest.doors.cloudevents import read as cloudevents
from ingest.doors.native import form as native
from ingest.doors.native.media import Mode
from ingest.doors.request.limits import BATCH_EVENTS_MAX


class BatchTooLarge(Exception):
    """More events in one request than a door takes."""


def read_body(
    body: bytes,
    mode: Mode,
    reading: Reading,
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    content_type: str = "",
) -> list[Arrival]:
    """Every event of a request; raises ``BatchTooLarge``, and nothing else."""
    try:
        bodies = _split(body, mode, headers, content_type)
    except Refused as refused:
        return [_refusal(refused, 0, None, reading, body)]
    if len(bodies) > BATCH_EVENTS_MAX:
        raise BatchTooLarge(f"a request may have {BATCH_EVENTS_MAX} events")
    return [read_one(one, index, reading, cloud_event=mode is not Mode.NATIVE) for index, one in enumerate(bodies)]


def _split(body: bytes, mode: Mode, headers: Iterable[tuple[bytes, bytes]], content_type: str) -> list[bytes]:
    if mode is Mode.BINARY:
        return [cloudevents.structured_from_binary(headers, content_type, body)]
    if mode is Mode.STRUCTURED:
        return [body.strip()]
    if mode is Mode.BATCHED and not body.lstrip()[:1] == b"[":
        raise Refused("invalid_json", "a batch of CloudEvents is a JSON array")
    return native.split(body)


def read_one(
    body: bytes, index: int, reading: Reading, *, cloud_event: bool = False, fallback_id: str | None = None
) -> Arrival:
    """One event from its own bytes: a candidate for the hallway, or its refusal."""
    try:
        form = _form(body, cloud_event, fallback_id)
        return normalise(form, body, index, reading)
    except Refused as refused:
        return _refusal(refused, index, native.id_of(body) or fallback_id, reading, body)


def _refusal(refused: Refused, index: int, native_id: str | None, reading: Reading, body: bytes) -> Refusal:
    return Refusal(index, native_id, reading.source, refused.code, refused.detail, body, reading.keep)


def _form(body: bytes, cloud_event: bool, fallback_id: str | None) -> EventForm:
    if cloud_event:
        return cloudevents.read(body)
    envelope = native.read_envelope(body)
    if envelope.specversion is not None:
        return cloudevents.read(body)
    return native.form_of(envelope, fallback_id)
