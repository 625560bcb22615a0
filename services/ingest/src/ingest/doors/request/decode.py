"""Decoding JSON, with a stable code and a sentence for whatever is wrong. No sentence repeats a value of the event."""

import re
from collections.abc import Callable
from typing import TypeVar

from msgspec import ValidationError

from ingest.domain.outcomes import Refused
from ingest.doors.request.readable import NUMBER_TOO_LARGE, why_unreadable

Decoded = TypeVar("Decoded")

_PATH = re.compile(r" - at `([^`]*)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")
_EXPECTED = re.compile(r"Expected `([a-z| ]+)`")
_AMOUNTS = re.compile(r"\$(\.items\[[^\]]*\])?\.(total|amount|value|unit_price|quantity)")
_TYPES = {
    "array": "an array",
    "bool": "true or false",
    "decimal": "a decimal number",
    "float": "a number",
    "int": "an integer",
    "null": "null",
    "object": "an object",
    "str": "text",
}


def decode_or_refuse(decode: Callable[[bytes], Decoded], body: bytes, within: str) -> Decoded:
    """Decode ``body``, which is the field ``within`` of the event, or all of it; raises ``Refused``."""
    try:
        return decode(body)
    except ValidationError as error:
        raise _misshapen(str(error), body, within) from None
    except (ValueError, RecursionError):
        raise why_unreadable(body) from None


def _misshapen(error: str, body: bytes, within: str) -> Refused:
    if not within and body[:1] != b"{":
        return Refused("not_an_object", "the event must be a JSON object")
    if "out of range" in error:
        return Refused("number_overflow", NUMBER_TOO_LARGE)
    found = _PATH.search(error)
    path = found.group(1) if found else "$"
    field = f"{within}{path[1:]}".strip(".") or "the event"
    if within and _AMOUNTS.fullmatch(path):
        return Refused("bad_amount", f"{field} must be a decimal number, written as a number or as text")
    if within and path == "$.currency":
        return Refused("wrong_currency", "data.currency must be a currency code, such as EUR")
    if path == "$.time":
        return Refused("bad_time", "time must be an RFC 3339 time, such as 2026-11-22T10:00:00Z")
    if path.startswith("$.customer.id") or (within.endswith("customer") and path.startswith("$.id")):
        return Refused("bad_customer_id", "customer.id must be text or an integer")
    code = "invalid_data" if within not in ("", "customer") else "invalid_event"
    return Refused(code, _what_is_wrong(error, field))


def _what_is_wrong(error: str, field: str) -> str:
    if missing := _MISSING.search(error):
        return f"{field}.{missing.group(1)} is missing"
    expected = _EXPECTED.match(error)
    types = [_TYPES.get(name) for name in expected.group(1).split(" | ")] if expected else [None]
    if None in types:
        return f"{field} has the wrong type"
    return f"{field} must be {' or '.join(filter(None, types))}"
