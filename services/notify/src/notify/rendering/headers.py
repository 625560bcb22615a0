"""Headers of a mail as bytes (RFC 5322, RFC 2047).

They are written here: the standard library folds and quotes differently from release to release, loses or adds spaces
between encoded words, encodes long links, and decodes encoded words that stand in a text.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from textwrap import wrap

# RFC 2047: a line with encoded words has at most 76 characters, an encoded word at most 75.
_LINE = 76
_WORD = 75
_WORD_FRAME = len("=?utf-8?B?" + "?=")
# RFC 5322: no line is longer.
_LINE_LIMIT = 998


def structured(name: str, value: str) -> bytes:
    """A header whose value is no text, such as a link: as it is, in one line.

    A value that no line can hold continues behind a space, which RFC 2369 ignores in links. Raises ``ValueError`` for
    anything but printable ASCII.
    """
    if len(name) + 2 + len(value) <= _LINE_LIMIT:
        return _one_header(name, value)
    room = _LINE_LIMIT - 1
    return _one_header(name, "", *(value[at : at + room] for at in range(0, len(value), room)))


def text(name: str, value: str) -> bytes:
    """A header that people read, such as the subject. Raises ``ValueError`` for a line break."""
    words = value.split(" ")
    room = _LINE - len(f"{name}: ")
    if not _is_plain(value) or not all(words) or max(map(len, words)) > room:
        return _one_header(name, *_encoded_words(value, room))
    lines = wrap(value, _LINE, initial_indent=f"{name}: ", subsequent_indent=" ", break_on_hyphens=False)
    return _one_header(name, lines[0].removeprefix(f"{name}: "), *(line[1:] for line in lines[1:]))


def mailbox(name: str, address: str, display_name: str = "") -> bytes:
    """A header with one address; ``address`` has its form of the wire. Raises ``ValueError`` for a line break."""
    room = _LINE - len(f"{name}: ")
    phrase = _phrase(display_name, room)
    one_line = " ".join([*phrase, f"<{address}>"])
    return _one_header(name, one_line) if len(one_line) <= room else _one_header(name, *phrase, f"<{address}>")


def _phrase(display_name: str, room: int) -> list[str]:
    quoted = f'"{display_name}"'
    simple = _is_plain(display_name) and not re.search(r'["\\]|^ | $|  ', display_name)
    if display_name and simple and len(quoted) <= room:
        return [quoted]
    return list(_encoded_words(display_name, room))


def _is_plain(value: str) -> bool:
    """Whether a text reads the same without being encoded; mail software decodes encoded words wherever they stand."""
    return value.isascii() and value.isprintable() and "=?" not in value


def _encoded_words(value: str, room: int) -> Iterator[str]:
    """``value`` in encoded words of whole characters; the first fits into ``room``.

    Readers drop the white space between two encoded words, so every space of the text is within one.
    """
    if "\r" in value or "\n" in value:
        raise ValueError("a line break in a header")
    chunk = b""
    for character in value:
        encoded = character.encode()
        if len(chunk) + len(encoded) > _bytes_in(room):
            yield _encoded_word(chunk)
            chunk, room = b"", _WORD
        chunk += encoded
    if chunk:
        yield _encoded_word(chunk)


def _bytes_in(room: int) -> int:
    return (min(room, _WORD) - _WORD_FRAME) // 4 * 3


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?B?{b64encode(chunk).decode()}?="


def _one_header(name: str, *lines: str) -> bytes:
    """The bytes of one header, folded between ``lines``.

    Raises ``ValueError`` for a text that could end the header, or that needs to be encoded.
    """
    first, *others = lines or ("",)
    block = [f"{name}: {first}" if first else f"{name}:", *(f" {line}" for line in others)]
    if not all(line.isascii() and line.isprintable() and len(line) <= _LINE_LIMIT for line in block):
        raise ValueError(f"the value of the header {name} is not printable ASCII")
    return "\r\n".join(block).encode("ascii") + b"\r\n"
