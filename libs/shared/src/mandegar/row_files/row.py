"""A row of a file, or what is there instead of one."""

import json
from typing import NamedTuple

# As large as an event may be.
ROW_CHARACTERS_MAX = 64 * 1024
# A quoted field may have line breaks. A quotation mark that is not closed within so many lines was never meant.
ROW_LINES_MAX = 200


class BrokenRow(NamedTuple):
    """What stands at ``line`` is no row; ``detail`` says why, without quoting it."""

    line: int
    code: str
    detail: str
    # The text as it stands there.
    text: str


class CsvRow(NamedTuple):
    """The fields of a row that begins at ``line``, and its text with the line break."""

    line: int
    fields: list[str]
    text: str


def too_large(line: int, text: str) -> BrokenRow:
    """A line that is larger than any row."""
    return BrokenRow(line, "row_too_large", f"the line has more than {ROW_CHARACTERS_MAX} characters", text)


def no_json(line: int, text: str, error: json.JSONDecodeError | RecursionError) -> BrokenRow:
    """A line that is no JSON."""
    where = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
    return BrokenRow(line, "bad_json", f"the line is no JSON object{where}", text)
