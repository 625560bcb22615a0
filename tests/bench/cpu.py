"""CPU that a measurement costs, by whose it is: read from the processes before and after."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil


class PerEvent(NamedTuple):
    """Microseconds of CPU (user and system) an event."""

    ours: float
    postgres: float
    broker: float


class Meter:
    """CPU since it was made: of ``ours`` (this process when nothing is named), PostgreSQL with its backends, Kafka."""

    def __init__(self, postgres: int, broker: int, ours: Sequence[int] = ()) -> None:
        self._postgres, self._broker, self._ours = postgres, broker, ours
        self._began = self._spent()

    def seconds(self) -> PerEvent:
        """Seconds of each since the beginning."""
        return PerEvent(*(now - then for now, then in zip(self._spent(), self._began, strict=True)))

    def per_event(self, events: float) -> PerEvent:
        """Microseconds of each for one of ``events``."""
        return PerEvent(*(1e6 * seconds / max(events, 1) for seconds in self.seconds()))

    def _spent(self) -> tuple[float, float, float]:
        ours = sum(spent(pid) for pid in self._ours) if self._ours else time.process_time()
        return ours, spent(self._postgres), spent(self._broker)


class Shares:
    """CPU since it was made by process: of those that are named, and of this one, the client."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._began, self._before = time.monotonic(), self._spent()

    def cores(self) -> str:
        """How many cores each kept busy."""
        elapsed = time.monotonic() - self._began
        return "cores busy: " + ", ".join(f"{name} {seconds / elapsed:.2f}" for name, seconds in self._since())

    def per_event(self, events: float) -> str:
        """Microseconds of each for one of ``events``."""
        return "µs an event: " + ", ".join(f"{name} {1e6 * seconds / events:.0f}" for name, seconds in self._since())

    def _since(self) -> list[tuple[str, float]]:
        return [(name, seconds - self._before[name]) for name, seconds in self._spent().items()]

    def _spent(self) -> dict[str, float]:
        return {**{name: spent(pid) for name, pid in self._pids.items()}, "this client": time.process_time()}


def spent(pid: int) -> float:
    """Seconds of CPU of a process, of the children it has, and of those it had."""
    parent = psutil.Process(pid)
    total = float(sum(parent.cpu_times()[:4]))
    for child in parent.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile, and is among those that its parent had
            total += sum(child.cpu_times()[:4])
    return total
