"""The forms in which a text may be kept: as it is, in small letters, a number without what stands between its digits,
and in the encodings of JSON, URLs, HTML, mail and Base64.
"""

import base64
import binascii
import html
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

_SHORTEST = 4
"""Below so many bytes a text is found by chance."""

_NUMBER_DIGITS = 9
"""Of a phone, card or account number so many last digits are looked for."""


class Spelling(NamedTuple):
    """A text, the name of a form, and its bytes in that form."""

    text: str
    form: str
    data: bytes


class TooShort(ValueError):
    """A text that would be found everywhere."""


def spellings(texts: Iterable[str]) -> list[Spelling]:
    """All forms of ``texts``, each once. Raises ``TooShort``."""
    found: dict[bytes, Spelling] = {}
    for text in texts:
        if len(text.encode()) < _SHORTEST:
            raise TooShort(f"{text!r} is too short to be looked for: give at least {_SHORTEST} bytes")
        for form, data in _forms(text):
            found.setdefault(data, Spelling(text, form, data))
    return list(found.values())


def _forms(text: str) -> Iterator[tuple[str, bytes]]:
    yield from _encoded("as it is", text)
    yield from _encoded("small letters", text.lower())
    digits = "".join(str(int(letter)) for letter in text if letter.isdecimal())
    if len(digits) >= _NUMBER_DIGITS:
        # without what a country or a trunk code may begin it with
        yield from _encoded("number", digits[-_NUMBER_DIGITS:])


def _encoded(form: str, text: str) -> Iterator[tuple[str, bytes]]:
    data = text.encode()
    yield form, data
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON", json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield "URL", quote(text, safe="").encode()
    yield "URL", quote(text).encode()
    yield "URL", quote_plus(text).encode()
    yield "HTML", html.escape(text).encode()
    yield "quoted-printable", binascii.b2a_qp(data, istext=False)
    yield "UTF-16", text.encode("utf-16-le")
    yield from (("Base64", each) for each in _base64(data))


def _base64(data: bytes) -> Iterator[bytes]:
    """What stays the same of it wherever it stands in the encoded bytes: three alignments, without the edges."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data)
        first, rest = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        if len(middle := encoded[first:rest]) >= 2 * _SHORTEST:
            yield middle
            yield middle.replace(b"+", b"-").replace(b"/", b"_")
