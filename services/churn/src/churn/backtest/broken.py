"""What was left out of a file: its first rows by their line, all of them by reason."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

# Rows that are named one by one, and reasons that are counted one by one.
NAMED_MAX: Final = 20
_SHOWN: Final = 40


class WrongField(ValueError):
    """A value cannot be read, or a row as a whole; ``reason`` is the same for all rows with that fault."""

    def __init__(self, column: str, reason: str, text: str | None = None) -> None:
        super().__init__(f"{column} {reason}" if text is None else f"{column} {text[:_SHOWN]!r} {reason}")
        self.reason = f"{column} {reason}"


class Broken:
    """The rows of one file that were left out, and how many were taken."""

    def __init__(self, file: str = "") -> None:
        """``file`` is what its lines are told with, if there is more than one file."""
        self._file = f"{file}, " if file else ""
        self._named: list[str] = []
        self._reasons: Counter[str] = Counter()
        self.count = 0
        self.taken = 0

    @property
    def is_most(self) -> bool:
        """Whether more rows were left out than taken."""
        return self.count > self.taken

    def add(self, line: int, error: ValueError) -> None:
        """Leave out the row that begins at ``line``."""
        self.count += 1
        self._reasons[error.reason if isinstance(error, WrongField) else str(error)] += 1
        if len(self._named) < NAMED_MAX:
            self._named.append(f"{self._file}line {line}: {error}")

    def told(self) -> Iterator[str]:
        """The first rows, each with its line, then how many there are of each reason."""
        yield from self._named
        common = self._reasons.most_common(NAMED_MAX)
        for reason, number in common:
            yield f"{self._file}{number} {'row' if number == 1 else 'rows'}: {reason}"
        if len(common) < len(self._reasons):
            yield f"{self._file}{self.count - sum(number for _, number in common)} rows for other reasons"
