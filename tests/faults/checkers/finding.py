"""What a checker says: its invariant holds or not, in one figure, with the first of what breaks it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

DETAILS_MAX = 10


@dataclass(frozen=True)
class Finding:
    """``details`` name what breaks the invariant by ids alone: never by an address."""

    invariant: str
    ok: bool
    figure: str
    details: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n    ".join([f"{self.invariant}: {self.figure}", *self.details])


def finding(invariant: str, figure: str, broken: Iterable[str]) -> Finding:
    """The finding of a checker that looked at what ``figure`` says and found ``broken``."""
    found = list(broken)
    counted = f"{figure}; broken {len(found):,} times" if found else figure
    return Finding(invariant, not found, counted, found[:DETAILS_MAX])
