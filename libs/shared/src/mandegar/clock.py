"""The one place that reads a clock. Everything else is told what time it is."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The time of this deployment: the system's, or one that was started at another instant."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    @classmethod
    def parse(cls, text: str) -> "Clock":
        """Read ``MANDEGAR_CLOCK``: ``<instant>@<unix seconds at which it started>``; empty means the system's clock.

        Raises ``ValueError`` with the expected form when the text is something else.
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
        """The present instant, in UTC."""
        return datetime.now(UTC) + self._offset


class FrozenClock(Clock):
    """A clock that stands still until it is moved: for tests and simulations."""

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


def monotonic_seconds() -> float:
    """Seconds of a clock that never goes back: for deadlines and durations, never for facts."""
    return time.monotonic()
