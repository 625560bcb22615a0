"""A kind of job, as a constant of the service that computes it."""

from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
STATUSES: Final[tuple[Status, ...]] = ("waiting", "running", "done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job. ``noun`` names one in logs and failures, and its table and the column of its ids.

    ``asked`` is the column that says what is to be computed. Of those that wait the oldest is next; if ``purposes`` are
    named, the oldest of the first purpose, by the column ``purpose``.
    """

    noun: str
    asked: str
    purposes: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table of the jobs."""
        return f"{self.noun}s"

    @property
    def key(self) -> str:
        """The column of their ids."""
        return f"{self.noun}_id"
