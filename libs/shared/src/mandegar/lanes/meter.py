"""Measures what a coroutine does by itself, between its words to the database: it tells slow work from bad weather."""

from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from types import coroutine
from typing import Any, TypeVar

from mandegar.clock import monotonic_seconds, thread_seconds

T = TypeVar("T")


@dataclass(slots=True)
class Meter:
    """``longest`` is the longest time without a word to the database, ``total`` the sum, in seconds of the clock.

    ``busy`` is the CPU time within the longest: a process that was frozen, or had no core, has consumed none.
    """

    longest: float = 0.0
    busy: float = 0.0
    total: float = 0.0

    @coroutine
    def measure(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Run ``work``; only the time in which it runs is counted, not that in which it awaits an answer."""
        value, error = None, None
        try:
            while True:
                began, consumed = monotonic_seconds(), thread_seconds()
                try:
                    awaited = work.send(value) if error is None else work.throw(error)
                except StopIteration as done:
                    result: T = done.value
                    return result
                finally:
                    self._add(monotonic_seconds() - began, thread_seconds() - consumed)
                value, error = None, None
                try:
                    value = yield awaited
                except BaseException as raised:  # noqa: BLE001  the work may handle it, a cancellation too
                    error = raised
        finally:
            work.close()

    def _add(self, seconds: float, busy: float) -> None:
        self.total += seconds
        if seconds > self.longest:
            self.longest, self.busy = seconds, busy
