"""The native form: one event, an array of events, or ``{"events": [...]}``."""

import re

from msgspec import UNSET, Raw, Struct, UnsetType, json
from starlette.datastructures import Headers

from ingest.domain.forms import EventForm
from ingest.doors.cloudevents import read as cloudevents
from ingest.doors.door import Form
from ingest.doors.envelope import event_form, id_of, read_envelope
from ingest.doors.request.readable import pair_surrogates, readable
from ingest.doors.request.split import split_array, without_mark


class _Wrapper(Struct):
    events: Raw | UnsetType = UNSET


_WRAPPER = json.Decoder(_Wrapper)
_WRAPPED = re.compile(rb'\{\s*"events"\s*:\s*(\[.*\])\s*\}', re.DOTALL)


def split(body: bytes, _headers: Headers) -> list[bytes]:
    """The bytes of each event; raises ``Refused`` if an array is too broken to tell its elements apart."""
    text = without_mark(body)
    if text[:1] == b"[":
        return split_array(text)
    if text[:1] == b"{" and b'"events"' in text:
        try:
            events = _WRAPPER.decode(pair_surrogates(text)).events
        except (ValueError, RecursionError):
            broken = _WRAPPED.match(text)
            return [text] if broken is None else split_array(broken.group(1))
        if not isinstance(events, UnsetType) and bytes(events)[:1] == b"[":
            # The same place in the body as it was received: what is stored is not what the decoder can read.
            at = pair_surrogates(text).index(bytes(events))
            return split_array(text[at : at + len(bytes(events))])
    return [text]


def read(body: bytes, fallback_id: str | None = None) -> EventForm:
    """One event, which may be a CloudEvent under a plain content type; raises ``Refused``."""
    text = readable(body)
    envelope, left_out = read_envelope(text)
    if envelope.specversion is not None:
        return cloudevents.read(body)
    form = event_form(envelope, fallback_id)
    form.left_out += left_out
    return form


NATIVE = Form(split, read, id_of)
