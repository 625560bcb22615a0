"""When an event happened, and when its shop says that it did."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.domain.outcomes import Refused
from mandegar.events.written_time import written_time
from mandegar.quantities import to_us

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# A wrong zone, or a clock that nobody has set, is less wrong than this; what is more is a typing error.
AHEAD_MAX = timedelta(hours=48)


def time_as_written(written: str | float | None, *, zone: ZoneInfo, now: datetime, left_out: list[str]) -> datetime:
    """The time in UTC, which may lie ahead of ``now``; raises ``Refused``.

    It decides which event about an order is the newest, because one clock wrote them all. What customers see, and what
    holds and expiries count from, is no later than now. If it is too far ahead, it is now, and ``left_out`` says so.
    """
    instant = _instant(written, zone, now)
    if instant > now and instant - now > AHEAD_MAX:
        left_out.append("time (more than 48 hours ahead, so it counts as now)")
        return now
    return instant


def event_time(written: str | float | None, *, zone: ZoneInfo, now: datetime, field: str = "time") -> datetime:
    """The time in UTC, read in ``zone`` if it names none; ``now`` if it is empty or later. Raises ``Refused``."""
    return min(_instant(written, zone, now, field), now)


def ahead_of(written: datetime, now: datetime) -> int | None:
    """The time as written, in microseconds since 1970, if it lies ahead of ours."""
    return to_us(written) if written > now else None


def _instant(written: str | float | None, zone: ZoneInfo, now: datetime, field: str = "time") -> datetime:
    if written is None or written == "":
        return now
    try:
        instant = written_time(written, zone=zone, now=now)
    except (ValueError, OverflowError) as error:
        raise Refused("bad_time", f"{field} must be an RFC 3339 time, such as 2026-11-22T10:00:00Z") from error
    if instant < EARLIEST:
        raise Refused("bad_time", f"{field} must not be before 1970")
    return instant
