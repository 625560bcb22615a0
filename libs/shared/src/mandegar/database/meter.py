"""Measures the time of a transaction's own code between statements, which tells slow code from a slow database."""

from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from types import coroutine
from typing import Any, TypeVar

from mandegar.clock import monotonic_seconds, thread_seconds

T = TypeVar("T")

# Without a word to the database for so long, a session was probably ended, which may rest 4 s in a transaction.
OWN_SECONDS = 3.0
# A process that was frozen, or had no core, consumed no CPU time meanwhile.
BUSY_SECONDS = OWN_SECONDS / 2
# What does not fit is divided by this, to one at last.
SHRINK = 16


@dataclass(slots=True)
class Meter:
    """``longest`` is the longest time without a word to the database, ``total`` the sum, in seconds of the clock.

    ``busy`` is the CPU time within the longest.
    """

    longest: float = 0.0
    busy: float = 0.0
    total: float = 0.0

    @property
    def too_long(self) -> bool:
        """Whether the work itself, and not the database, was too long for a transaction."""
        return self.longest >= OWN_SECONDS

    @property
    def computed(self) -> bool:
        """Whether that time was spent computing."""
        return self.too_long and self.busy >= BUSY_SECONDS

    @coroutine
    def measure(self, work: Awaitable[T]) -> Generator[Any, Any, T]:
        """Run ``work``; only the time in which it runs is counted, not that in which it awaits an answer."""
        steps, value, error = work.__await__(), None, None
        try:
            while True:
                began, consumed = monotonic_seconds(), thread_seconds()
                try:
                    awaited = steps.send(value) if error is None else steps.throw(error)
                except StopIteration as done:
                    result: T = done.value
                    return result
                finally:
                    self._add(monotonic_seconds() - began, consumed)
                value, error = None, None
                try:
                    value = yield awaited
                except BaseException as raised:  # noqa: BLE001  the work may handle it, a cancellation too
                    error = raised
        finally:
            steps.close()

    def _add(self, seconds: float, consumed: float) -> None:
        """``consumed``: CPU time at the beginning of the step. Reading it takes ten times as long as the clock."""
        self.total += seconds
        if seconds > self.longest:
            self.longest, self.busy = seconds, thread_seconds() - consumed
