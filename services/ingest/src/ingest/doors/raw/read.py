"""The events in a record: in the native form, or as CloudEvents in structured, batched or binary mode.

Binary mode is that of the Kafka binding of CloudEvents, section 3.2: attributes are ``ce_`` headers in UTF-8. An event
in binary mode is put into its structured form, so that history and quarantine have all of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from starlette.datastructures import Headers

from ingest.domain.candidates import Arrival, Refusal
from ingest.domain.normalise import Reading
from ingest.domain.outcomes import Refused
from ingest.doors.cloudevents.forms import BATCHED, STRUCTURED, structured
from ingest.doors.door import Form
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from ingest.doors.request.limits import BATCH_EVENTS_MAX
from mandegar.quantities import from_us
from mandegar.stream import Record

# Producers whose clock was never set, and such as take seconds for milliseconds.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_PREFIXES = ("ce_", "ce-")
_NO_HEADERS = Headers()


def read_record(record: Record, reading: Reading) -> list[Arrival]:
    """The events of a record; one without an id is named by its place, one without a time has that of the record."""
    place = f"{record.topic}-{record.partition}-{record.offset}"
    reading = replace(reading, sent_at=_sent_at(record))
    headers = {name.lower(): value for name, value in record.headers or ()}
    media = _text(headers.get("content-type")).partition(";")[0].strip().lower()
    try:
        form, bodies = _split(record.value or b"", media, headers)
    except Refused as refused:
        return [_refusal(refused, record, place, reading)]
    if len(bodies) > BATCH_EVENTS_MAX:
        too_many = Refused("event_too_large", f"a record can contain at most {BATCH_EVENTS_MAX} events")
        return [_refusal(too_many, record, place, reading)]
    if len(bodies) == 1:
        return [read_event(form, bodies[0], 0, reading, fallback_id=place)]
    return [read_event(form, body, index, reading, fallback_id=f"{place}-{index}") for index, body in enumerate(bodies)]


def _split(value: bytes, media: str, headers: Mapping[str, bytes | None]) -> tuple[Form, list[bytes]]:
    if media.startswith("application/cloudevents-batch"):
        return BATCHED, BATCHED.split(value, _NO_HEADERS)
    if media.startswith("application/cloudevents"):
        return STRUCTURED, STRUCTURED.split(value, _NO_HEADERS)
    attributes: dict[str, object] = {
        name[3:]: _text(value) for name, value in headers.items() if name.startswith(_PREFIXES)
    }
    if "specversion" in attributes:
        return STRUCTURED, [structured(attributes, _text(headers.get("content-type")), value)]
    return NATIVE, NATIVE.split(value, _NO_HEADERS)


def _refusal(refused: Refused, record: Record, place: str, reading: Reading) -> Refusal:
    code, detail, body = refused.code, refused.detail, record.value or b""
    names = reading.names_in(body)
    return Refusal(
        *(0, place, reading.source, code, detail, body, reading.keep_rejected, reading.sent_at),
        names=names,
        place=place,
    )


def _text(value: bytes | None) -> str:
    """The text of a header. Bytes that are not UTF-8 are shown as escapes, so that two headers stay two."""
    return (value or b"").decode(errors="backslashreplace")


def _sent_at(record: Record) -> datetime | None:
    """Kafka's time of the record: when it was made, or appended to the log, as the topic is set up."""
    try:
        sent_at = from_us(record.timestamp_ms * 1000)
    except OverflowError:
        return None
    return sent_at if sent_at >= _EARLIEST else None
