"""Reading one structured CloudEvent.

``source`` and ``id`` together identify the event. The id of its customer is ``data.customer.id``, else the extension
``customerid``, else that in a ``subject`` of the form ``customer/<id>``; other fields are those of ``data.customer``.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error

from msgspec import UNSET, Raw, Struct, UnsetType, json

from ingest.domain import customer_ids
from ingest.domain.forms import CustomerForm, EventForm, Name
from ingest.domain.outcomes import Refused
from ingest.doors.envelope import Envelope, event_form, read_customer, require_id
from ingest.doors.odd_parts import EMPTY
from ingest.doors.request.decode import decode_or_refuse
from ingest.doors.request.readable import readable
from ingest.doors.request.split import without_mark
from mandegar.events.identity import is_placeholder
from mandegar.events.written import is_written, plain_id

SOURCE_MAX = 500
SUBJECT_CUSTOMER = "customer/"
_JSON = re.compile(r"[^/;]+/(?:[^;+]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


class CloudEvent(Struct, kw_only=True):
    specversion: Name | None = None
    id: Name | None = None
    source: str | None = None
    type: str | None = None
    time: str | float | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    customerid: Name | None = None
    data: Raw | UnsetType = UNSET
    data_base64: str | UnsetType = UNSET


class _DataCustomer(Struct):
    customer: Raw | UnsetType = UNSET


_EVENT = json.Decoder(CloudEvent)
_DATA_CUSTOMER = json.Decoder(_DataCustomer)


def read(body: bytes, _fallback_id: str | None = None) -> EventForm:
    """The event in native terms; raises ``Refused``. A CloudEvent without an id is invalid, so nothing replaces it."""
    event = decode_or_refuse(_EVENT.decode, readable(body), "")
    if event.specversion != "1.0":
        raise Refused("invalid_event", "specversion must be 1.0")
    if not event.source or len(event.source) > SOURCE_MAX or not is_written(event.source):
        raise Refused("invalid_event", f"source must be 1 to {SOURCE_MAX} characters, none of them a control character")
    if event.datacontenttype is not None and not _JSON.fullmatch(event.datacontenttype):
        raise Refused("unsupported_data", "datacontenttype must be a JSON media type, such as application/json")
    native_id = require_id(event.id)
    data = _data(event)
    block = UNSET if data == EMPTY else decode_or_refuse(_DATA_CUSTOMER.decode, data, "data").customer
    customer, left_out = read_customer(block, "data.customer")
    outside = _id_outside_data(event)
    note = None
    if customer is None or customer.id is None or (_names_nobody(customer.id) and not _names_nobody(outside)):
        customer = customer or CustomerForm()
        if customer.id is not None:
            left_out.append(f"data.customer.id ({customer_ids.PLACEHOLDER})")
        customer.id = outside
    elif outside is not None and plain_id(str(customer.id)) != plain_id(str(outside)):
        note = "customerid (or subject) names another customer than data.customer.id, which counts"
    form = event_form(Envelope(id=native_id, type=event.type, time=event.time, customer=customer, data=Raw(data)))
    form.origin, form.customer_note = event.source, note
    form.left_out += left_out
    return form


def _data(event: CloudEvent) -> bytes:
    if isinstance(event.data_base64, UnsetType):
        return b"{}" if isinstance(event.data, UnsetType) else bytes(event.data)
    try:
        data = b64decode(event.data_base64, validate=True)
    except (Base64Error, ValueError):
        raise Refused("unsupported_data", "data_base64 is not valid base64") from None
    return readable(without_mark(data))


def _id_outside_data(event: CloudEvent) -> Name | None:
    subject = event.subject or ""
    by_subject = subject.removeprefix(SUBJECT_CUSTOMER) if subject.startswith(SUBJECT_CUSTOMER) else None
    return by_subject if _names_nobody(event.customerid) and by_subject is not None else event.customerid


def _names_nobody(id_: Name | None) -> bool:
    return id_ is None or is_placeholder(str(id_))
