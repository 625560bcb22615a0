"""The parts of an event that all JSON formats share, and its data, which is read according to its type."""

from msgspec import UNSET, Raw, Struct, UnsetType, json, structs

from ingest.domain.customer_ids import ID_FORM, ID_MAX, is_id
from ingest.domain.forms import FORMS, CustomerForm, DataForm, EventForm, Name
from ingest.domain.known_types import unknown_type
from ingest.domain.outcomes import Refused
from ingest.doors.odd_parts import EMPTY, read_without_odd_parts
from ingest.doors.request.decode import decode_or_refuse
from ingest.doors.request.readable import pair_surrogates
from mandegar.events.written import plain_id


class _Around(Struct, kw_only=True):
    """What stands around the data of an event, but for its customer."""

    id: Name | None = None
    type: str | None = None
    time: str | float | None = None
    data: Raw | UnsetType = UNSET
    specversion: Name | None = None


class Envelope(_Around, kw_only=True):
    """An event around its data. Only a CloudEvent has a ``specversion``."""

    customer: CustomerForm | None = None


class _Apart(_Around, kw_only=True):
    """An envelope whose customer is read by itself."""

    customer: Raw | UnsetType = UNSET


class _Identified(Struct):
    id: Name | None = None


_ENVELOPE = json.Decoder(Envelope)
_APART = json.Decoder(_Apart)
_CUSTOMER = json.Decoder(CustomerForm)
_IDENTIFIED = json.Decoder(_Identified)
_DATA: dict[str, json.Decoder[DataForm]] = {type_: json.Decoder(form) for type_, form in FORMS.items()}


def read_envelope(text: bytes) -> tuple[Envelope, list[str]]:
    """The envelope, and what is left out of its customer because it cannot be read; raises ``Refused``."""
    try:
        return decode_or_refuse(_ENVELOPE.decode, text, ""), []
    except Refused:
        apart = decode_or_refuse(_APART.decode, text, "")
    customer, left_out = read_customer(apart.customer, "customer")
    return Envelope(**structs.asdict(apart) | {"customer": customer}), left_out


def read_customer(raw: Raw | UnsetType, within: str) -> tuple[CustomerForm | None, list[str]]:
    """A customer's block, none in an empty list, and what is left out of it; raises ``Refused``."""
    body = b"null" if isinstance(raw, UnsetType) else bytes(raw)
    if body in (b"null", EMPTY):
        return None, []
    try:
        return decode_or_refuse(_CUSTOMER.decode, body, within), []
    except Refused:
        return read_without_odd_parts(CustomerForm, _CUSTOMER, body, within)


def event_form(envelope: Envelope, fallback_id: str | None = None) -> EventForm:
    """The event with its data read as its type demands; raises ``Refused``."""
    native_id = require_id(envelope.id, fallback_id)
    type_ = envelope.type
    if type_ is None:
        raise Refused("unknown_type", "type is missing")
    decoder = _DATA.get(type_)
    if decoder is None:
        raise Refused("unknown_type", unknown_type(type_))
    data = b"{}" if isinstance(envelope.data, UnsetType) else bytes(envelope.data)
    if data == EMPTY:
        data = b"{}"
    left_out: list[str] = []
    try:
        form = decode_or_refuse(decoder.decode, data, "data")
    except Refused:
        form, left_out = read_without_odd_parts(FORMS[type_], decoder, data)
    return EventForm(native_id, type_, form, envelope.time, envelope.customer, left_out=left_out)


def require_id(id_: Name | None, fallback: str | None = None) -> str:
    """The event's id as text; raises ``Refused``."""
    native_id = fallback if id_ is None else plain_id(str(id_))
    if not native_id:
        raise Refused("missing_id", "id is missing")
    if not is_id(native_id):
        raise Refused("invalid_event", f"id must be {ID_FORM}")
    return native_id


def id_of(body: bytes) -> str | None:
    """The id of an event whose other parts may be unreadable, or None."""
    try:
        id_ = _IDENTIFIED.decode(pair_surrogates(body)).id
    except (ValueError, RecursionError):
        return None
    return None if id_ is None else str(id_)[:ID_MAX]
