"""The clock of a stack: starts at a chosen time, stops while the stack is down, and never goes back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import read_json, write_json

# After a kill -9 of the supervisor, processes may have read a time later than the last saved one, by less than this.
_SAVE_SECONDS = 1.0
_MARGIN = timedelta(seconds=2 * _SAVE_SECONDS)


@dataclass(frozen=True, slots=True)
class StackClock:
    """A running clock, which showed `instant` when the system's clock showed `started` (unix seconds)."""

    file: Path
    instant: datetime
    started: float

    @property
    def text(self) -> str:
        """The value of MANDEGAR_CLOCK for the stack's processes."""
        return f"{self.instant.isoformat()}@{self.started!r}"

    def at(self, unix: float) -> datetime:
        """The time that it shows when the system's clock shows `unix`; never before its start."""
        return self.instant + timedelta(seconds=max(0.0, unix - self.started))

    def save(self, unix: float, *, running: bool) -> None:
        """Save the time that it shows, from which the next run continues."""
        state = {"at": self.at(unix).isoformat(), "running": running, "clock": self.text}
        write_json(self.file, state, mode=0o644)


def start_clock(file: Path, first: str, unix: float, *, left_running: bool = False) -> StackClock:
    """Continue from the saved time, or start at `first` (`now` or ISO 8601 with a zone) if there is no file.

    `left_running` is true if processes of an earlier run were still alive, so that their clock has not stopped. Raises
    StackError if `first` cannot be read.
    """
    saved = read_json(file)
    if saved is None:
        instant = datetime.fromtimestamp(unix, UTC) if first == "now" else _read_instant(first)
    elif saved["running"] and left_running:
        instant = _running(file, str(saved["clock"])).at(unix) + _MARGIN
    else:
        instant = datetime.fromisoformat(saved["at"]) + (_MARGIN if saved["running"] else timedelta(0))
    clock = StackClock(file, instant, unix)
    clock.save(unix, running=True)
    return clock


def running_clock(file: Path) -> StackClock | None:
    """The clock of the running stack; None if no stack was ever started."""
    saved = read_json(file)
    return _running(file, str(saved["clock"])) if saved else None


def clock_words(clock: StackClock, unix: float) -> str:
    """The time that it shows, and how far that is from the machine's clock."""
    shown = clock.at(unix)
    minutes = round((shown.timestamp() - unix) / 60)
    hours, rest = divmod(abs(minutes), 60)
    distance = f"{hours // 24} days" if hours >= 48 else f"{hours} h {rest} min"
    beside = f", {distance} {'ahead of' if minutes > 0 else 'behind'} the machine's" if minutes else ""
    return f"Clock: {shown:%H:%M:%S} UTC on {shown:%d %B %Y}{beside}."


def _running(file: Path, text: str) -> StackClock:
    instant, _, started = text.rpartition("@")
    return StackClock(file, datetime.fromisoformat(instant), float(started))


def _read_instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise StackError(f"{text!r} is not a time; write it like 2026-11-22T12:00+03:30, or now.") from error
    if instant.tzinfo is None:
        raise StackError(f"{text!r} has no time zone; write it like 2026-11-22T12:00+03:30.")
    return instant.astimezone(UTC)
