"""Counts spellings in bytes that come in pieces."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mandegar_local.find.spellings import Spelling


class Found(NamedTuple):
    """How often a text stands at a place, in a form."""

    place: str
    text: str
    form: str
    times: int


@dataclass
class Scan:
    """Looks through one place. A text that two pieces share is found as well, and none is counted twice."""

    place: str
    spellings: Sequence[Spelling]
    counts: Counter[Spelling] = field(default_factory=Counter)
    _kept: bytes = b""

    def feed(self, piece: bytes) -> None:
        """The next bytes, which continue those before."""
        window = self._kept + piece
        longest = max(len(spelling.data) for spelling in self.spellings)
        self._kept = window[-(longest - 1) :]
        for spelling in self.spellings:
            # what lies in the kept bytes alone was counted with them
            before = len(window) - len(piece) - len(spelling.data) + 1
            if times := window.count(spelling.data, max(before, 0)):
                self.counts[spelling] += times

    def feed_whole(self, piece: bytes) -> None:
        """Bytes that continue nothing."""
        self._kept = b""
        self.feed(piece)
        self._kept = b""

    @property
    def found(self) -> list[Found]:
        return [Found(self.place, each.text, each.form, times) for each, times in self.counts.items()]
