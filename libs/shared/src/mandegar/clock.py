"""The only module that reads a clock. All other code takes the time as an argument or from a ``Clock``."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The clock of a deployment: the system's, or the system's shifted by a constant offset."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    @classmethod
    def parse(cls, text: str) -> "Clock":
        """The clock that ``MANDEGAR_CLOCK`` describes; an empty text means the system's clock.

        The form is ``<instant>@<unix seconds>``: the clock showed ``<instant>`` at that moment of the system's clock.
        Raises ``ValueError`` with the expected form for any other text.
        """
        if not text:
            return cls()
        instant, _, started = text.rpartition("@")
        try:
            at = datetime.fromisoformat(instant)
            real = datetime.fromtimestamp(float(started), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise ValueError("MANDEGAR_CLOCK must look like 2026-11-22T08:30:00Z@1795336200.0") from error
        if at.tzinfo is None:
            raise ValueError("the instant in MANDEGAR_CLOCK needs a zone, such as a Z at its end")
        return cls(at - real)

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC) + self._offset


class FrozenClock(Clock):
    """A clock for tests and simulations that changes only by ``set`` and ``advance``."""

    def __init__(self, instant: datetime) -> None:
        super().__init__()
        self.set(instant)

    def set(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("an instant needs a zone")
        self._instant = instant.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self._instant += by

    def now(self) -> datetime:
        return self._instant


def thread_seconds() -> float:
    """CPU time of the calling thread in seconds: what its own code has consumed, however busy the machine is."""
    return time.thread_time()


def monotonic_seconds() -> float:
    """Seconds of the monotonic clock, for deadlines and durations. Timestamps of events come from ``Clock``."""
    return time.monotonic()
