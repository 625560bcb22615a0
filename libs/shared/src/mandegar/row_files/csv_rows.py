"""The rows of CSV text, with the line where each begins.

A quoted field may have line breaks, but not without end: a row whose quotation mark is not closed within the limits is
broken, and reading goes on at the next line.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from mandegar.row_files.row import ROW_CHARACTERS_MAX, ROW_LINES_MAX, BrokenRow, CsvRow, too_large

DELIMITERS = ",;\t|"


def csv_rows(
    lines: Iterable[str], delimiter: str, *, first_line: int = 1, spaced: bool = False
) -> Iterator[CsvRow | BrokenRow]:
    """The rows of lines, each with its line break; empty lines are left out, and counted.

    ``spaced``: a quotation mark opens a field also behind spaces, for readers that strip what stands around fields.
    """
    ahead = _Ahead(lines)
    line = first_line
    while (text := ahead.take()) is not None:
        if len(text) > ROW_CHARACTERS_MAX:
            yield too_large(line, text)
        elif '"' not in text:
            if text.strip("\r\n"):
                yield CsvRow(line, _split(text, delimiter), text)
        else:
            row, used = _quoted(text, ahead, delimiter, line, spaced)
            yield row
            line += used
            continue
        line += 1


def split_row(text: str, delimiter: str, *, spaced: bool = False) -> list[str]:
    """The fields of one row; raises ``ValueError``."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=spaced), [])
    except csv.Error as error:
        raise ValueError(str(error)) from None


class _Ahead:
    """Lines, of which some were looked at already."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._seen: deque[str] = deque()

    def take(self) -> str | None:
        return self._seen.popleft() if self._seen else next(self._lines, None)

    def give_back(self, lines: Iterable[str]) -> None:
        self._seen.extendleft(reversed([*lines]))


def _split(text: str, delimiter: str) -> list[str]:
    return text.rstrip("\r\n").split(delimiter)


def _quoted(first: str, ahead: _Ahead, delimiter: str, line: int, spaced: bool) -> tuple[CsvRow | BrokenRow, int]:
    """The row that begins with a line in which there is a quotation mark, and how many lines it has."""
    used = [first]

    def more() -> Iterator[str]:
        yield first
        size = len(first)
        while len(used) < ROW_LINES_MAX and (text := ahead.take()) is not None:
            used.append(text)
            size += len(text)
            if size > ROW_CHARACTERS_MAX:
                return
            yield text

    try:
        fields = next(csv.reader(more(), delimiter=delimiter, strict=True, skipinitialspace=spaced))
    except csv.Error as error:
        # The next line may be sound, whatever this one has swallowed of it.
        ahead.give_back(used[1:])
        return BrokenRow(line, *_why(error), first), 1
    return CsvRow(line, fields, "".join(used)), len(used)


def _why(error: csv.Error) -> tuple[str, str]:
    if "unexpected end of data" in str(error):
        return (
            "unbalanced_quote",
            f"a quotation mark is opened in this line and not closed within {ROW_LINES_MAX} lines or "
            f"{ROW_CHARACTERS_MAX} characters; close it, or double it if it belongs to the text",
        )
    return "bad_quote", "a quoted field goes on behind its closing quotation mark; double a mark that is of the text"
