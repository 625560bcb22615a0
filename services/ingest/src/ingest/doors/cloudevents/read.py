"""CloudEvents 1.0 over HTTP: structured, batched and binary, mapped to the native form.

``source`` and ``id`` together identify the event. Its customer stands in ``data.customer``, else in the extension
``customerid``, else in a subject ``customer/<id>``.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from msgspec import UNSET, Raw, Struct, UnsetType, json

from ingest.domain.forms import CustomerForm, EventForm, Name
from ingest.domain.outcomes import Refused
from ingest.doors.native.form import Envelope, decode_or_refuse, form_of, require_id
from ingest.doors.request.readable import require_readable

SOURCE_MAX = 500
SUBJECT_CUSTOMER = "customer/"
_JSON = re.compile(r"[^/;]+/(?:[^;+]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


class CloudEvent(Struct, kw_only=True):
    specversion: Name | None = None
    id: Name | None = None
    source: str | None = None
    type: str | None = None
    time: str | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    customerid: Name | None = None
    data: Raw | UnsetType = UNSET
    data_base64: str | UnsetType = UNSET


class _DataCustomer(Struct):
    customer: CustomerForm | None = None


_EVENT = json.Decoder(CloudEvent)
_DATA_CUSTOMER = json.Decoder(_DataCustomer)


def read(body: bytes) -> EventForm:
    """One structured CloudEvent; raises ``Refused``."""
    require_readable(body)
    event = decode_or_refuse(_EVENT.decode, body, "")
    if event.specversion != "1.0":
        raise Refused("invalid_event", "specversion must be 1.0")
    if not event.source or len(event.source) > SOURCE_MAX or not event.source.isprintable():
        raise Refused("invalid_event", f"source must be 1 to {SOURCE_MAX} printable characters")
    if event.datacontenttype is not None and not _JSON.fullmatch(event.datacontenttype):
        raise Refused("unsupported_data", "datacontenttype must be JSON")
    native_id = require_id(event.id)
    data = _data(event)
    customer = decode_or_refuse(_DATA_CUSTOMER.decode, data, "data").customer or _named_outside(event)
    form = form_of(Envelope(id=native_id, type=event.type, time=event.time, customer=customer, data=Raw(data)))
    form.origin = event.source
    return form


def _data(event: CloudEvent) -> bytes:
    if isinstance(event.data_base64, UnsetType):
        return b"{}" if isinstance(event.data, UnsetType) else bytes(event.data)
    try:
        data = b64decode(event.data_base64, validate=True)
    except (Base64Error, ValueError):
        raise Refused("unsupported_data", "data_base64 is not base64") from None
    require_readable(data)
    return data


def _named_outside(event: CloudEvent) -> CustomerForm | None:
    if event.customerid is not None:
        return CustomerForm(id=event.customerid)
    if event.subject and event.subject.startswith(SUBJECT_CUSTOMER):
        return CustomerForm(id=event.subject.removeprefix(SUBJECT_CUSTOMER))
    return None


def structured_from_binary(headers: Iterable[tuple[bytes, bytes]], content_type: str, body: bytes) -> bytes:
    """The structured form of an event whose attributes came as ``ce-*`` headers; raises ``Refused``."""
    attributes: dict[str, object] = {}
    for name, value in headers:
        if name.startswith(b"ce-"):
            attributes[name[3:].decode("ascii", "replace")] = _unquoted(value)
    attributes.pop("datacontenttype", None)
    if content_type:
        attributes["datacontenttype"] = content_type
    data = body.strip()
    if data:
        # Whether it is JSON at all is found out when the whole is read.
        attributes["data"] = Raw(data)
    return json.encode(attributes)


def _unquoted(value: bytes) -> str:
    text = value.strip()
    if len(text) >= 2 and text[:1] == text[-1:] == b'"':
        text = re.sub(rb"\\(.)", rb"\1", text[1:-1])
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise Refused("invalid_event", "a ce- header is not UTF-8") from None
