"""How requests with CloudEvents are divided into structured events."""

import re
from urllib.parse import unquote_to_bytes

from msgspec import Raw, json
from starlette.datastructures import Headers

from ingest.domain.outcomes import Refused
from ingest.doors.cloudevents.read import read
from ingest.doors.door import Form
from ingest.doors.envelope import id_of
from ingest.doors.request.readable import pair_surrogates
from ingest.doors.request.split import split_array, without_mark
from mandegar.events.written import UNREADABLE


def _one(body: bytes, _headers: Headers) -> list[bytes]:
    return [without_mark(body)]


def _batch(body: bytes, _headers: Headers) -> list[bytes]:
    text = without_mark(body)
    if text[:1] != b"[":
        raise Refused("invalid_json", "a batch of CloudEvents must be a JSON array")
    return split_array(text)


def _from_headers(body: bytes, headers: Headers) -> list[bytes]:
    """The structured form of an event in binary mode, whose attributes are ``ce-*`` headers."""
    attributes: dict[str, object] = {}
    for name, value in headers.raw:
        if name.startswith(b"ce-"):
            attributes[name[3:].decode("ascii", "replace")] = _unquoted(value)
    return [structured(attributes, headers.get("content-type"), body)]


def structured(attributes: dict[str, object], content_type: str | None, body: bytes) -> bytes:
    """The structured form of an event in binary mode, which has everything that is needed to read it again."""
    attributes.pop("datacontenttype", None)
    if content_type:
        attributes["datacontenttype"] = content_type
    if data := without_mark(body):
        attributes |= {"data": Raw(data)} if _is_json(data) else {"data_base64": data}
    return json.encode(attributes)


def _is_json(data: bytes) -> bool:
    """``read`` refuses an event whose data is not JSON, but the event around it must be readable."""
    try:
        _ANY.decode(pair_surrogates(data))
    except (ValueError, RecursionError):
        return False
    return True


def _unquoted(value: bytes) -> str:
    """The text of a header. One that is no UTF-8 is shown with escapes and a mark that no field accepts.

    The event is then kept with all that it says, and refused only for what it depends on.
    """
    text = value.strip()
    if len(text) >= 2 and text[:1] == text[-1:] == b'"':
        text = re.sub(rb"\\(.)", rb"\1", text[1:-1])
    plain = unquote_to_bytes(text)
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain.decode(errors="backslashreplace") + UNREADABLE


_ANY = json.Decoder(Raw)
STRUCTURED = Form(_one, read, id_of)
BATCHED = Form(_batch, read, id_of)
BINARY = Form(_from_headers, read, id_of)
