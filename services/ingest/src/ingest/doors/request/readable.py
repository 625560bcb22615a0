"""Whether one event's bytes are JSON that everybody downstream can keep and read; if not, the code that says why."""

import re

from ingest.domain.outcomes import Refused
from ingest.doors.request.limits import DEPTH_MAX, EVENT_BYTES_MAX
from ingest.doors.request.split import STRING

# Cheap and too broad: whatever matches is looked at again without its strings.
_LARGE = re.compile(rb"[eE](?<=[0-9.][eE])\+?[0-9]{3}")
# An integer beyond every double.
_LONG = re.compile(rb"(?<![0-9.])[1-9][0-9]{309}")
_STRING = re.compile(STRING, re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_OVERFLOW = re.compile(rb"[0-9.][eE]\+?0*(?:[1-9][0-9]{3,}|[4-9][0-9]{2}|3[1-9][0-9]|30[89])")
# More digits than Python reads.
_ENDLESS = re.compile(rb"[0-9]{4000}")
_NON_FINITE = re.compile(rb"\b(?:NaN|Infinity|nan|inf)\b")


def require_readable(body: bytes) -> None:
    """Refuse what is too large, too deep, or JSON that PostgreSQL or a double cannot hold; syntax is not looked at."""
    if len(body) > EVENT_BYTES_MAX:
        raise Refused("event_too_large", f"an event may have {EVENT_BYTES_MAX} bytes")
    if not body.isascii():
        _require_utf_8(body)
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _depth(body) > DEPTH_MAX:
        raise Refused("too_deep", f"an event may be nested {DEPTH_MAX} deep")
    if b"\\u0000" in body and _NUL.search(body) is not None:
        raise Refused("nul_character", "text with \\u0000 cannot be kept")
    if _LARGE.search(body) is not None and _OVERFLOW.search(_STRING.sub(b'""', body)) is not None:
        raise Refused("number_overflow", "a number is too large")
    if _LONG.search(body) is not None and _LONG.search(_STRING.sub(b'""', body)) is not None:
        raise Refused("number_overflow", "a number is too large")


def _require_utf_8(body: bytes) -> None:
    """Also where nobody reads it: the history gives every event back as it came."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Refused("invalid_json", "the event is not UTF-8") from None


def why_unreadable(body: bytes) -> Refused:
    """The refusal for bytes that no JSON parser takes."""
    if not body:
        return Refused("invalid_json", "nothing where an event should be")
    outside = _STRING.sub(b'""', body)
    if _ENDLESS.search(outside) is not None:
        return Refused("number_overflow", "a number is too large")
    if _NON_FINITE.search(outside) is not None:
        return Refused("non_finite_number", "NaN and Infinity are no JSON numbers")
    return Refused("invalid_json", "the event is not JSON")


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for bracket in re.findall(rb"[\[\]{}]", _STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
