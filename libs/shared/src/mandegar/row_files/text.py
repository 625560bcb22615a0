"""The lines of a file in one of the encodings in which shops export."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, Literal

from mandegar.row_files.row import ROW_CHARACTERS_MAX

Encoding = Literal["auto", "utf-8", "utf-16", "windows-1256"]

# Looked at before any row is read.
HEAD_BYTES = 1024 * 1024
_CODECS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1256": "cp1256"}
# What begins with these is no text, although some of it can be decoded.
_NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a zip: save it as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as CSV",
    b"\x1f\x8b": "compressed: unpack it",
    b"%PDF": "a PDF: export the data as CSV",
    codecs.BOM_UTF32_LE: "UTF-32: save it as UTF-8",
    codecs.BOM_UTF32_BE: "UTF-32: save it as UTF-8",
}
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class WrongEncoding(ValueError):
    """The file is not in the stated or assumed encoding; the message says what to do."""


def encoding_of(head: bytes, said: Encoding = "auto") -> str:
    """The encoding of a file that begins with ``head``; raises ``WrongEncoding``.

    Only what cannot be anything else is assumed: a byte order mark, else UTF-8.
    """
    for begin, what in _NO_TEXT.items():
        if head.startswith(begin):
            raise WrongEncoding(f"The file is {what}.")
    has_mark = head.startswith(_UTF_16_MARKS)
    if said == "auto":
        said = "utf-16" if has_mark else "utf-8"
    if said == "utf-16":
        if not has_mark:
            raise WrongEncoding("The file is not UTF-16: it has no byte order mark. Say another encoding.")
        return said
    if has_mark or b"\0" in head:
        raise WrongEncoding(f"The file is not {said.upper()}, it looks like UTF-16. Say the encoding utf-16.")
    place = _undecodable(head)
    if said == "utf-8" and place is not None:
        line = head.count(b"\n", 0, place) + 1
        raise WrongEncoding(
            f"The file is not UTF-8: line {line} has a byte that cannot stand there. "
            "If it comes from an older Windows program, say the encoding windows-1256."
        )
    if said == "windows-1256" and place is None and not head.isascii():
        raise WrongEncoding("The file is UTF-8, not windows-1256. Say the encoding utf-8, or none.")
    return said


def text_lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of a file with their line breaks; bytes that cannot be decoded become U+FFFD.

    Of a line that is larger than any row only the beginning is returned, so that memory stays constant.
    """
    text = io.TextIOWrapper(file, encoding=_CODECS[encoding], errors="replace", newline="")
    most = ROW_CHARACTERS_MAX + 1
    try:
        while line := text.readline(most):
            if len(line) == most and not line.endswith(("\n", "\r")):
                _skip_line(text, most)
                line = line[:-1].replace('"', "'") + "…\n"
            yield line
    finally:
        if not file.closed:  # whoever opened the file closes it, perhaps before the last line was asked for
            text.detach()


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text that is in memory, as ``text_lines`` divides a file."""
    return iter(io.StringIO(text, newline=""))


def _skip_line(text: io.TextIOWrapper, most: int) -> None:
    while (more := text.readline(most)) and not more.endswith(("\n", "\r")):
        pass


def _undecodable(head: bytes) -> int | None:
    """Where the bytes stop being UTF-8; a character may be cut off at the end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        return error.start
    return None
