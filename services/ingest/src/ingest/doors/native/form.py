"""The native form: one event, a list of events, or ``{"events": [...]}``."""

import re
from collections.abc import Callable
from typing import TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType, ValidationError, json

from ingest.domain.customer_ids import ID_MAX
from ingest.domain.forms import FORMS, CustomerForm, DataForm, EventForm, Name
from ingest.domain.outcomes import Refused
from ingest.doors.request.readable import require_readable, why_unreadable
from ingest.doors.request.split import split_array

Form = TypeVar("Form")


class Envelope(Struct, kw_only=True):
    """What every event has around its data. ``specversion`` gives away a CloudEvent under a plain content type."""

    id: Name | None = None
    type: str | None = None
    time: str | None = None
    customer: CustomerForm | None = None
    data: Raw | UnsetType = UNSET
    specversion: Name | None = None


class _Wrapper(Struct):
    events: Raw | UnsetType = UNSET


class _Named(Struct):
    id: Name | None = None


_ENVELOPE = json.Decoder(Envelope)
_WRAPPER = json.Decoder(_Wrapper)
_NAMED = json.Decoder(_Named)
_DATA: dict[str, json.Decoder[DataForm]] = {type_: json.Decoder(form) for type_, form in FORMS.items()}
_WRAPPED = re.compile(rb'\{\s*"events"\s*:\s*(\[.*\])\s*\}', re.DOTALL)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PATH = re.compile(r" - at `([^`]*)`$")
_AMOUNTS = re.compile(r"\$(\.items\[[^\]]*\])?\.(total|amount|value|unit_price|quantity)")


def split(body: bytes) -> list[bytes]:
    """The events in a body, each as its own bytes; raises ``Refused`` if the body as a whole cannot be read."""
    text = body.removeprefix(_BYTE_ORDER_MARK).strip(b" \t\r\n")
    if text[:1] == b"[":
        return split_array(text)
    if text[:1] == b"{" and b'"events"' in text:
        try:
            events = _WRAPPER.decode(text).events
        except (ValueError, RecursionError):
            broken = _WRAPPED.match(text)
            return [text] if broken is None else split_array(broken.group(1))
        if not isinstance(events, UnsetType) and bytes(events)[:1] == b"[":
            return split_array(bytes(events))
    return [text]


def read(body: bytes, fallback_id: str | None = None) -> EventForm:
    """One event in the native form; ``fallback_id`` names it where it has no id of its own. Raises ``Refused``."""
    return form_of(read_envelope(body), fallback_id)


def read_envelope(body: bytes) -> Envelope:
    """The outside of one event, its data still bytes."""
    require_readable(body)
    return decode_or_refuse(_ENVELOPE.decode, body, "")


def form_of(envelope: Envelope, fallback_id: str | None = None) -> EventForm:
    """The event in an envelope, with its data read as its type demands."""
    native_id = require_id(envelope.id, fallback_id)
    type_ = envelope.type
    decoder = None if type_ is None else _DATA.get(type_)
    if type_ is None or decoder is None:
        raise Refused("unknown_type", "type is missing" if type_ is None else "this type of event is not known here")
    data = b"{}" if isinstance(envelope.data, UnsetType) else bytes(envelope.data)
    form = decode_or_refuse(decoder.decode, data, "data")
    return EventForm(id=native_id, type=type_, data=form, time=envelope.time, customer=envelope.customer)


def require_id(name: Name | None, fallback: str | None = None) -> str:
    """The id that the shop gave its event, as text."""
    native_id = fallback if name is None else str(name).strip()
    if not native_id:
        raise Refused("missing_id", "the event has no id")
    if len(native_id) > ID_MAX or not native_id.isprintable():
        raise Refused("invalid_event", f"id must be 1 to {ID_MAX} printable characters")
    return native_id


def id_of(body: bytes) -> str | None:
    """The id in an event that was refused, for the answer; none if it cannot be read."""
    try:
        name = _NAMED.decode(body).id
    except (ValueError, RecursionError):
        return None
    return None if name is None else str(name)[:ID_MAX]


def decode_or_refuse(decode: Callable[[bytes], Form], body: bytes, within: str) -> Form:
    """Decode, or say with a stable code what is wrong; never with a value out of the event."""
    try:
        return decode(body)
    except ValidationError as error:
        raise _misshapen(error, body, within) from None
    except (ValueError, RecursionError):
        raise why_unreadable(body) from None


def _misshapen(error: ValidationError, body: bytes, within: str) -> Refused:
    if not within and body[:1] != b"{":
        return Refused("not_an_object", "an event is a JSON object")
    if "out of range" in str(error):
        return Refused("number_overflow", "a number is too large")
    found = _PATH.search(str(error))
    path = found.group(1) if found else "$"
    if within and _AMOUNTS.fullmatch(path):
        return Refused("bad_amount", f"{within}{path[1:]} is not a decimal number")
    if within and path == "$.currency":
        return Refused("wrong_currency", "data.currency is not a currency code")
    if path == "$.time":
        return Refused("bad_time", "time is not an RFC 3339 time")
    if path.startswith("$.customer.id"):
        return Refused("bad_customer_id", "customer.id is neither text nor an integer")
    missing = re.search(r"missing required field `(\w+)`", str(error))
    wanted = f"{missing.group(1)} is missing" if missing else "has the wrong type"
    place = f"{within}{path[1:]}".strip(".") or "the event"
    return Refused("invalid_data" if within else "invalid_event", f"{place}: {wanted}")
