"""Whether the bytes of one event are JSON that JSON readers and doubles can represent, and the bytes to decode."""

import re

from ingest.domain.outcomes import Refused
from ingest.doors.request.limits import DEPTH_MAX, EVENT_BYTES_MAX
from ingest.doors.request.split import STRING
from mandegar.events.written import UNREADABLE

NUMBER_TOO_LARGE = "a number is too large for a 64-bit float"

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# Every escape is matched, so that the second backslash of one is not taken for the first of another.
_ESCAPE = re.compile(_HIGH + _LOW + rb"|(?P<lone>" + _HIGH + rb"|" + _LOW + rb")|\\.", re.DOTALL)
_UNREADABLE = rb"\u" + f"{ord(UNREADABLE):04x}".encode()
# A cheap test with false positives; what matches is tested again without its strings.
_LARGE = re.compile(rb"[eE](?<=[0-9.][eE])\+?[0-9]{3}")
# An integer that no double can hold.
_LONG = re.compile(rb"(?<![0-9.])[1-9][0-9]{309}")
_STRING = re.compile(STRING, re.DOTALL)
_OVERFLOW = re.compile(rb"[0-9.][eE]\+?0*(?:[1-9][0-9]{3,}|[4-9][0-9]{2}|3[1-9][0-9]|30[89])")
# More digits than Python converts.
_ENDLESS = re.compile(rb"[0-9]{4000}")
_NON_FINITE = re.compile(rb"\b(?:NaN|Infinity|nan|inf)\b")


def readable(body: bytes) -> bytes:
    """The event for the decoder; raises ``Refused`` if it is too large or too deep. Its syntax is not checked.

    Half a surrogate pair, as programs make that cut a text in the middle of an emoji, is JSON by RFC 8259, section 8.2.
    It becomes a noncharacter, which every field refuses that is used: elsewhere it costs nobody the event. The length
    stays the same.
    """
    _require_readable(body)
    return pair_surrogates(body)


def pair_surrogates(body: bytes) -> bytes:
    """The JSON text with a noncharacter for each escape that is half a surrogate pair, of the same length."""
    return _ESCAPE.sub(_paired, body) if _SURROGATE.search(body) is not None else body


def _paired(escape: re.Match[bytes]) -> bytes:
    return escape.group() if escape.group("lone") is None else _UNREADABLE


def _require_readable(body: bytes) -> None:
    if len(body) > EVENT_BYTES_MAX:
        raise Refused("event_too_large", f"the event is larger than {EVENT_BYTES_MAX} bytes")
    if not body.isascii():
        _require_utf_8(body)
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _depth(body) > DEPTH_MAX:
        raise Refused("too_deep", f"the event is nested more than {DEPTH_MAX} levels deep")
    if _LARGE.search(body) is not None and _OVERFLOW.search(_STRING.sub(b'""', body)) is not None:
        raise Refused("number_overflow", NUMBER_TOO_LARGE)
    if _LONG.search(body) is not None and _LONG.search(_STRING.sub(b'""', body)) is not None:
        raise Refused("number_overflow", NUMBER_TOO_LARGE)


def _require_utf_8(body: bytes) -> None:
    """The decoder skips fields that it does not know, but the history returns the whole event as it was received."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Refused("invalid_json", "the event is not valid UTF-8") from None


def why_unreadable(body: bytes) -> Refused:
    """The refusal for bytes that the decoder could not parse."""
    if not body:
        return Refused("invalid_json", "the event is empty")
    outside = _STRING.sub(b'""', body)
    if _ENDLESS.search(outside) is not None:
        return Refused("number_overflow", NUMBER_TOO_LARGE)
    if _NON_FINITE.search(outside) is not None:
        return Refused("non_finite_number", "NaN and Infinity are not valid JSON")
    return Refused("invalid_json", "the event is not valid JSON")


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for bracket in re.findall(rb"[\[\]{}]", _STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
