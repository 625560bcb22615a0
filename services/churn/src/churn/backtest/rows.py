"""The rows of a CSV file as shops export it: which bytes, which delimiter."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from churn.backtest.broken import WrongField
from churn.backtest.columns import Columns
from mandegar.row_files.csv_rows import DELIMITERS, csv_rows
from mandegar.row_files.header import delimiter_of, read_header
from mandegar.row_files.row import BrokenRow, CsvRow
from mandegar.row_files.text import HEAD_BYTES, Encoding, encoding_of, text_lines

# Excel writes and reads it in front of the header.
_SEPARATOR = re.compile(r'"?sep=(.)"?[\s,;|]*', re.IGNORECASE)
# What stands for bytes that are none of the encoding: two names that differ in such bytes alone would be one.
_LOST = "\ufffd"


@contextmanager
def opened(path: Path, encoding: Encoding) -> Iterator[tuple[list[str], Iterator[CsvRow | BrokenRow]]]:
    """The names of the columns, and the rows; raises ``WrongEncoding`` and ``WrongHeader``."""
    with io.BufferedReader(path.open("rb", buffering=0), HEAD_BYTES) as file:
        lines = text_lines(file, encoding_of(file.peek(HEAD_BYTES), encoding))
        header, before, said = _header(lines)
        delimiter = said if said and said in DELIMITERS and said in header else delimiter_of(header)
        names = read_header(header, delimiter, spaced=True)
        yield names, csv_rows(lines, delimiter, first_line=before + 1, spaced=True)


def _header(lines: Iterator[str]) -> tuple[str, int, str]:
    """The header behind empty lines, how many lines it ends, and the delimiter that a line before it states."""
    said = ""
    for number, text in enumerate(lines, start=1):
        if not said and (separator := _SEPARATOR.fullmatch(text.rstrip("\r\n"))):
            said = separator[1]
        elif text.strip():
            return text, number, said
    return "", 0, said


def fields_of(row: CsvRow | BrokenRow, columns: Columns) -> tuple[list[str], list[str]]:
    """The fields of the columns, and those that a row need not have, without the spaces around them.

    The first is the customer's id. ``WrongField`` if it is empty, or if the row is broken: with more fields than the
    header, nobody knows which belongs where.
    """
    if isinstance(row, BrokenRow):
        raise WrongField("the row:", row.detail)
    fields = [field.strip() for field in row.fields]
    number = max((place for place, field in enumerate(fields, start=1) if field), default=0)
    if number > columns.width:
        comma = "; is a decimal comma not quoted?" if number == columns.width + 1 else ""
        raise WrongField("the row", f"has {number} fields, the header {columns.width}{comma}")
    if len(fields) <= max(columns.where):
        raise WrongField("the row", f"has {len(fields)} fields, the header {columns.width}")
    wanted = [fields[place] for place in columns.where]
    if not wanted[0]:
        raise WrongField("customer_id", "is empty")
    if _LOST in wanted[0]:
        raise WrongField("customer_id", "has bytes that are none of the file's encoding", wanted[0])
    return wanted, ["" if place is None or place >= len(fields) else fields[place] for place in columns.optional]
