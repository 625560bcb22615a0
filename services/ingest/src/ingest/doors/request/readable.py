"""Whether the bytes of one event are JSON that PostgreSQL, JSON readers and doubles can all represent."""

import re

from ingest.domain.outcomes import Refused
from ingest.doors.request.limits import DEPTH_MAX, EVENT_BYTES_MAX
from ingest.doors.request.split import STRING

NUMBER_TOO_LARGE = "a number is too large for a 64-bit float"

# A cheap test with false positives; what matches is tested again without its strings.
_LARGE = re.compile(rb"[eE](?<=[0-9.][eE])\+?[0-9]{3}")
# An integer that no double can hold.
_LONG = re.compile(rb"(?<![0-9.])[1-9][0-9]{309}")
_STRING = re.compile(STRING, re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_OVERFLOW = re.compile(rb"[0-9.][eE]\+?0*(?:[1-9][0-9]{3,}|[4-9][0-9]{2}|3[1-9][0-9]|30[89])")
# More digits than Python converts.
_ENDLESS = re.compile(rb"[0-9]{4000}")
_NON_FINITE = re.compile(rb"\b(?:NaN|Infinity|nan|inf)\b")


def require_readable(body: bytes) -> None:
    """Raise ``Refused`` if the event is too large, too deep, or cannot be stored. Its syntax is not checked."""
    if len(body) > EVENT_BYTES_MAX:
        raise Refused("event_too_large", f"the event is larger than {EVENT_BYTES_MAX} bytes")
    if not body.isascii():
        _require_utf_8(body)
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _depth(body) > DEPTH_MAX:
        raise Refused("too_deep", f"the event is nested more than {DEPTH_MAX} levels deep")
    if b"\\u0000" in body and _NUL.search(body) is not None:
        raise Refused("nul_character", "the event contains the character U+0000, which cannot be stored")
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
