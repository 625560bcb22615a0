"""The rows of JSON lines: one object a line."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mandegar.row_files.row import ROW_CHARACTERS_MAX, BrokenRow, no_json, too_large


def json_rows(
    lines: Iterable[str], *, number: Callable[[str], Any] = str, first_line: int = 1
) -> Iterator[tuple[int, dict[str, Any]] | BrokenRow]:
    """The line and the object of each row; ``number`` makes what a number becomes, from its text."""
    for line, text in enumerate(lines, start=first_line):
        if len(text) > ROW_CHARACTERS_MAX:
            yield too_large(line, text)
            continue
        if not text.strip():
            continue
        try:
            row = json.loads(text, parse_int=number, parse_float=number, parse_constant=number)
        except (json.JSONDecodeError, RecursionError) as error:
            yield no_json(line, text, error)
            continue
        if not isinstance(row, dict):
            yield BrokenRow(line, "bad_json", "the line is JSON, but no object", text)
        else:
            yield line, row
