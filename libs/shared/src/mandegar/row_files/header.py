"""The first line of a CSV file: its delimiter, and the names of its columns."""

from mandegar.row_files.csv_rows import DELIMITERS, split_row
from mandegar.row_files.row import ROW_CHARACTERS_MAX


class WrongHeader(ValueError):
    """The file has no header, or none with the stated delimiter; the message says what to do."""


def delimiter_of(header: str, said: str | None = None) -> str:
    """What stands between the columns; raises ``WrongHeader`` if it is none of those that can, or does not occur."""
    if said is not None:
        if said not in DELIMITERS or len(said) != 1:
            raise WrongHeader("The delimiter must be a comma, a semicolon, a tab or |.")
        if said not in header and any(mark in header for mark in DELIMITERS):
            raise WrongHeader("The delimiter does not occur in the first line, but another one does. Say none.")
        return said
    counts = {mark: len(_names(header, mark)) for mark in DELIMITERS}
    return max(counts, key=lambda mark: counts[mark])


def read_header(text: str, delimiter: str, *, spaced: bool = False) -> list[str]:
    """The names of the columns in the first line; raises ``WrongHeader``. ``spaced`` is that of ``csv_rows``."""
    if len(text) > ROW_CHARACTERS_MAX:
        raise WrongHeader("The first line is too long to be a header. Is it CSV, with line breaks?")
    names = [name.strip().removeprefix("\ufeff") for name in _names(text, delimiter, spaced)]
    if not any(names) and '"' in text:
        raise WrongHeader("The first line is not a header: a quotation mark in it is not closed before its end.")
    if not any(names):
        raise WrongHeader("The first line is empty; it must have the names of the columns.")
    return names


def _names(header: str, delimiter: str, spaced: bool = False) -> list[str]:
    try:
        return split_row(header, delimiter, spaced=spaced)
    except ValueError:
        return []
