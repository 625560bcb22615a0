"""A file that is imported: its encoding, form, header and fingerprint, known before any row is sent."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from mandegar.row_files.header import WrongHeader, delimiter_of, read_header
from mandegar.row_files.text import HEAD_BYTES, Encoding, WrongEncoding, encoding_of, text_lines
from mandegar_local.stack_error import StackError

Form = Literal["csv", "json_lines"]
_CHUNK = 1024 * 1024
_JSON_NAMES = (".jsonl", ".ndjson", ".jsonlines")
# Rows of JSON lines whose fields are looked at before the first part.
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What the first megabyte says of a file, and the hash and the number of lines of all of it."""

    path: Path
    encoding: str
    form: Form
    delimiter: str
    header: list[str]
    # The header as it stands in the file, with its line break.
    header_text: str
    fingerprint: str
    lines: int

    def rows(self) -> Iterator[str]:
        """The lines behind the header, each with its line break."""
        with self.path.open("rb") as file:
            lines = text_lines(file, self.encoding)
            if self.form == "csv":
                next(lines, None)
            yield from lines

    @property
    def first_line(self) -> int:
        return 2 if self.form == "csv" else 1


def look_at(
    path: Path, encoding: Encoding, delimiter: str | None, advance: Callable[[int], None] = lambda _: None
) -> SourceFile:
    """The file; reads all of it once, in constant memory. Raises StackError if it cannot be imported as a whole."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            if not head.strip(b"\0\r\n\t "):
                raise StackError(f"{path} is empty.")
            codec = encoding_of(head, encoding)
            file.seek(0)
            begin = [line for line, _ in zip(text_lines(file, codec), range(_LOOKED_AT), strict=False)]
        with path.open("rb") as file:
            digest, lines = _read_whole(file, advance)
    except OSError as error:
        raise StackError(f"{path} cannot be read: {error.strerror}.") from error
    except WrongEncoding as error:
        raise StackError(f"{path}: {error} (--encoding)") from error
    fingerprint = f"sha256:{digest}"
    first = next((line for line in begin if line.strip()), "")
    if not first:
        raise StackError(f"{path} is empty.")
    if path.suffix.lower() in _JSON_NAMES or first.lstrip().startswith("{"):
        return SourceFile(path, codec, "json_lines", ",", _fields_of(begin), "", fingerprint, lines)
    if first.lstrip().startswith("["):
        raise StackError(f"{path} is a JSON array; write one object a line (JSON lines): `jq -c '.[]'` does it.")
    try:
        mark = delimiter_of(begin[0], "\t" if delimiter in ("tab", "\\t") else delimiter)
        header = read_header(begin[0], mark)
    except WrongHeader as error:
        raise StackError(f"{path}: {error} (--delimiter)") from error
    return SourceFile(path, codec, "csv", mark, header, begin[0].rstrip("\r\n") + "\n", fingerprint, lines)


def _read_whole(file: BinaryIO, advance: Callable[[int], None]) -> tuple[str, int]:
    digest, lines = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        lines += chunk.count(b"\n")
        advance(len(chunk))
    return digest.hexdigest(), lines


def _fields_of(lines: list[str]) -> list[str]:
    """The fields of the first rows, so that a column which none of them has is noticed at once."""
    names: dict[str, None] = {}
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            names |= dict.fromkeys(row)
    return list(names)
