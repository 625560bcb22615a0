"""Dividing a JSON array into the bytes of its elements, even if some elements are not valid JSON."""

import re

from msgspec import Raw, json

from ingest.domain.outcomes import Refused

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LIST = json.Decoder(list[Raw])
# Possessive quantifiers, and an unclosed string that runs to the end: no input causes backtracking.
STRING = rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
_TOKEN = re.compile(STRING + rb"|[\[\]{},]", re.DOTALL)
_CLOSES = {b"]": b"[", b"}": b"{"}


def without_mark(body: bytes) -> bytes:
    """The text of a body without what programs write before and after it: a byte order mark, white space."""
    return body.removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n")


def split_array(body: bytes) -> list[bytes]:
    """The bytes of each element; raises ``Refused`` if the brackets do not show where an element ends."""
    try:
        return [bytes(element) for element in _LIST.decode(body)]
    except (ValueError, RecursionError):
        return _split_by_brackets(body)


def _split_by_brackets(body: bytes) -> list[bytes]:
    text = body.strip()
    open_brackets: list[bytes] = []
    elements: list[bytes] = []
    start = 1
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in (b"[", b"{"):
            open_brackets.append(mark)
        elif mark in (b"]", b"}"):
            if not open_brackets or open_brackets.pop() != _CLOSES[mark]:
                raise _unreadable()
            if not open_brackets:
                if token.end() != len(text):
                    raise _unreadable()
                elements.append(text[start : token.start()].strip())
                return elements
        elif mark == b"," and len(open_brackets) == 1:
            elements.append(text[start : token.start()].strip())
            start = token.end()
    raise _unreadable()


def _unreadable() -> Refused:
    return Refused("invalid_json", "the array is not valid JSON, and its brackets do not show where an event ends")
