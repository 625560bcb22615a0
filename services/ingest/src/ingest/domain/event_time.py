"""When an event happened, and when its shop says that it did."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest.domain.outcomes import Refused
from ingest.domain.written_time import written_time
from mandegar.quantities import to_us

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# A wrong zone, or a clock that nobody has set, is less wrong than this; what is more is a typing error.
AHEAD_MAX = timedelta(hours=48)


class EventTime(NamedTuple):
    """``at`` is never later than now: it is what customers see, and what holds and expiries count from.

    ``written`` may lie ahead, and decides which version of an order is the newest: both come from one clock.
    """

    at: datetime
    written: datetime

    @property
    def written_us(self) -> int:
        """The time as written, in microseconds since 1970."""
        return to_us(self.written)

    @property
    def written_at(self) -> int | None:
        """The same if it lies ahead, else None."""
        return None if self.written == self.at else to_us(self.written)


def event_times(
    text: str | float | None, *, zone: ZoneInfo, now: datetime, unstated: datetime, left_out: list[str]
) -> EventTime:
    """Both times of an event, ``unstated`` if it names none; raises ``Refused``.

    A time too far ahead counts as now, which ``left_out`` then says.
    """
    if text is None or text == "":
        return EventTime(unstated, unstated)
    written = _written(text, zone, now)
    if written - now > AHEAD_MAX:
        left_out.append("time (more than 48 hours ahead, so it counts as now)")
        written = now
    return EventTime(min(written, now), written)


def event_time(written: str | float | None, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The time in UTC, read in ``zone`` if it names none; ``now`` if it is empty or later. Raises ``Refused``."""
    return min(_written(written, zone, now), now)


def _written(written: str | float | None, zone: ZoneInfo, now: datetime) -> datetime:
    if written is None or written == "":
        return now
    try:
        instant = written_time(written, zone=zone, now=now)
    except (ValueError, OverflowError) as error:
        raise Refused("bad_time", "time must be an RFC 3339 time, such as 2026-11-22T10:00:00Z") from error
    if instant < EARLIEST:
        raise Refused("bad_time", "time must not be before 1970")
    return instant
