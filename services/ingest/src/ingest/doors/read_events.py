"""From bytes in some wire format to candidates and refusals, each event by itself."""

from collections.abc import Iterator

from starlette.datastructures import Headers

from ingest.domain.candidates import Arrival, Refusal
from ingest.domain.normalise import Reading, normalise
from ingest.domain.outcomes import Refused
from ingest.doors.door import Form
from ingest.doors.request.limits import BATCH_EVENTS_MAX

# Read in about two milliseconds.
SLICE_EVENTS = 50
SLICE_BYTES = 32 * 1024


class BatchTooLarge(Exception):
    """A request contains more events than a door takes at once."""


def read_events(form: Form, body: bytes, headers: Headers, reading: Reading) -> Iterator[list[Arrival]]:
    """The events of a request in their order, in slices, between which the event loop can do something else.

    Raises ``BatchTooLarge``, and nothing else.
    """
    try:
        events = form.split(body, headers)
    except Refused as refused:
        yield [_refusal(refused, 0, None, reading, body)]
        return
    if len(events) > BATCH_EVENTS_MAX:
        raise BatchTooLarge(f"A request can contain at most {BATCH_EVENTS_MAX} events")
    part: list[Arrival] = []
    size = 0
    for index, event in enumerate(events):
        part.append(read_event(form, event, index, reading))
        size += len(event)
        if len(part) == SLICE_EVENTS or size > SLICE_BYTES:
            yield part
            part, size = [], 0
    yield part


def read_event(form: Form, body: bytes, index: int, reading: Reading, *, fallback_id: str | None = None) -> Arrival:
    """One event; ``fallback_id`` names it if it has no id of its own."""
    try:
        candidate = normalise(form.read(body, fallback_id), body, index, reading)
    except Refused as refused:
        refusal = _refusal(refused, index, form.id_of(body) or fallback_id, reading, body)
        refusal.place = refusal.native_id if refusal.native_id == fallback_id else None
        return refusal
    candidate.place = fallback_id if candidate.native_id == fallback_id else None
    candidate.read_again = lambda other: read_event(form, other, index, reading, fallback_id=fallback_id)
    return candidate


def _refusal(refused: Refused, index: int, native_id: str | None, reading: Reading, body: bytes) -> Refusal:
    return Refusal(
        index,
        native_id,
        reading.source,
        refused.code,
        refused.detail,
        body,
        reading.keep_rejected,
        reading.sent_at,
        names=reading.names_in(body),
    )
