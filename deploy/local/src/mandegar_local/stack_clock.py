"""The stack's own time: it starts at a chosen instant, stands still while the stack is down, and never goes back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mandegar_local.failure import StackError
from mandegar_local.places import read_json, write_json

# How far the last kept instant may lie behind what a process has already seen, after a kill -9 of the supervisor.
_KEPT_EVERY_SECONDS = 1.0
_MARGIN = timedelta(seconds=2 * _KEPT_EVERY_SECONDS)


@dataclass(frozen=True, slots=True)
class StackClock:
    """A running clock: it showed `instant` when the machine's clock showed `started` (unix seconds)."""

    file: Path
    instant: datetime
    started: float

    @property
    def text(self) -> str:
        """The form every process is given as MANDEGAR_CLOCK."""
        return f"{self.instant.isoformat()}@{self.started!r}"

    def at(self, unix: float) -> datetime:
        """What it shows when the machine's clock shows `unix`; never before its own start."""
        return self.instant + timedelta(seconds=max(0.0, unix - self.started))

    def keep(self, unix: float, *, running: bool) -> None:
        """Write down what it shows, so that the next run goes on from there."""
        state = {"at": self.at(unix).isoformat(), "running": running, "clock": self.text}
        write_json(self.file, state, mode=0o644)


def start_clock(file: Path, first: str, unix: float, *, went_on: bool = False) -> StackClock:
    """Go on from where the file says, or start at `first` (`now` or ISO 8601 with a zone) when there is no file.

    `went_on` says that processes of an earlier run were still alive: then their clock has not stood still.
    Raises StackError for an instant that cannot be read.
    """
    kept = read_json(file)
    if kept is None:
        instant = datetime.fromtimestamp(unix, UTC) if first == "now" else _read_instant(first)
    elif kept["running"] and went_on:
        instant = _running(file, str(kept["clock"])).at(unix) + _MARGIN
    else:
        instant = datetime.fromisoformat(kept["at"]) + (_MARGIN if kept["running"] else timedelta(0))
    clock = StackClock(file, instant, unix)
    clock.keep(unix, running=True)
    return clock


def running_clock(file: Path) -> StackClock | None:
    """The clock of the stack that runs now, None when none was ever started."""
    kept = read_json(file)
    return _running(file, str(kept["clock"])) if kept else None


def _running(file: Path, text: str) -> StackClock:
    instant, _, started = text.rpartition("@")
    return StackClock(file, datetime.fromisoformat(instant), float(started))


def _read_instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise StackError(f"{text!r} is no instant; write it like 2026-11-22T12:00+03:30, or now.") from error
    if instant.tzinfo is None:
        raise StackError(f"{text!r} names no time zone; write it like 2026-11-22T12:00+03:30.")
    return instant.astimezone(UTC)
