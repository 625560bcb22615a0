"""The parts of a file: stretches of whole lines, of bounded rows and bytes, in which no row or order is divided."""

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from mandegar.row_files.csv_rows import csv_rows
from mandegar.row_files.row import BrokenRow
from mandegar_local.importing.source_file import SourceFile

ROWS = 250
BYTES = 384 * 1024
# Rows of one order that stay together.
TOGETHER_MAX = 900


class Part(NamedTuple):
    """The lines of a file from one up to before another, with the header before them."""

    first_line: int
    next_line: int
    content: bytes


class Stretch(NamedTuple):
    """A row and the lines that it has."""

    line: int
    text: str
    # What is equal in the rows of one order.
    key: tuple[str, ...] | None


def parts_of(
    file: SourceFile, received: Sequence[tuple[int, int]], together: Sequence[str] = (), *, rows: int = ROWS
) -> Generator[Part, None, None]:
    """The parts that are not among the ``received`` lines, each range of which ends before its second line.

    Lines count as in the file: empty lines and broken rows stand in a part as they are.
    """
    taken = [*received, (2**60, 2**60)]
    part = _Growing(file)
    before: Stretch | None = None
    line = file.first_line
    for row in _stretches(file, together):
        while taken[0][1] <= row.line:
            line = max(line, taken.pop(0)[1])
        if taken[0][0] <= row.line:
            if part.rows:
                yield part.until(taken[0][0])
            before = None
            continue
        if part.rows and not _belongs(part, row, before, rows):
            yield part.until(row.line)
        if not part.rows:
            part.begin(line if part.next_line is None else max(line, part.next_line))
        part.add(row)
        before = row
    if part.rows:
        yield part.until(part.line)


class _Growing:
    """The part that grows; ``line`` is the one behind its last row."""

    def __init__(self, file: SourceFile) -> None:
        self._header = file.header_text.encode()
        self._texts: list[str] = []
        self._first = 0
        self.next_line: int | None = None
        self.line = self.rows = self.size = 0

    def begin(self, first_line: int) -> None:
        self._first = self.line = first_line

    def add(self, row: Stretch) -> None:
        self._fill(row.line)
        text = row.text if row.text.endswith(("\n", "\r")) else row.text + "\n"
        self._texts.append(text)
        self.line += _lines_in(text)
        self.rows += 1
        self.size += len(text)

    def until(self, next_line: int) -> Part:
        """The part up to a line, and a new one."""
        self._fill(next_line)
        content = self._header + "".join(self._texts).encode(errors="replace")
        part = Part(self._first, next_line, content)
        self._texts, self.rows, self.size, self.next_line = [], 0, 0, next_line
        return part

    def _fill(self, line: int) -> None:
        """Add the empty lines before a line."""
        self._texts.append("\n" * (line - self.line))
        self.line = line


def _belongs(part: _Growing, row: Stretch, before: Stretch | None, rows: int) -> bool:
    """Whether the row still goes into the part."""
    if before is not None and row.key is not None and row.key == before.key and part.rows < TOGETHER_MAX:
        return True
    return part.rows < rows and part.size + len(row.text) <= BYTES


def _stretches(file: SourceFile, together: Sequence[str]) -> Iterator[Stretch]:
    if file.form == "json_lines":
        for line, text in enumerate(file.rows(), start=1):
            if text.strip():
                yield Stretch(line, text, None)
        return
    places = [file.header.index(name) for name in together if name in file.header]
    for row in csv_rows(file.rows(), file.delimiter, first_line=2):
        if isinstance(row, BrokenRow):
            yield Stretch(row.line, row.text, None)
        else:
            yield Stretch(row.line, row.text, _key(row.fields, places))


def _key(fields: Sequence[str], places: Sequence[int]) -> tuple[str, ...] | None:
    key = tuple(fields[place] for place in places if place < len(fields))
    return key if key and key[0] and len(key) == len(places) else None


def _lines_in(text: str) -> int:
    """The line breaks of a row's text: ``\\n``, ``\\r\\n`` or ``\\r``."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
