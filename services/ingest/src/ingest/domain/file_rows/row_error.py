"""What is wrong with one row, or with the columns of a file."""

from typing import NamedTuple


class RowError(NamedTuple):
    """``code`` is stable; ``detail`` says what is wrong and what to do, and never quotes a value.

    ``column`` is the column of the file, None if the row as a whole is meant.
    """

    column: str | None
    code: str
    detail: str


class WrongValue(ValueError):
    """A value cannot be read as what its column means."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class WrongColumns(ValueError):
    """The columns of a file, or their mapping, do not fit: no row of it can be read.

    ``brief`` says so without the names of the file's columns.
    """

    def __init__(self, code: str, detail: str, brief: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.brief = code, detail, brief or detail
