"""When an event happened."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ingest.domain.outcomes import Refused
from ingest.domain.written_time import written_time

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def event_time(written: str | float | None, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The time in UTC, read in ``zone`` if it names none; ``now`` if it is empty or later. Raises ``Refused``."""
    if written is None or written == "":
        return now
    try:
        instant = written_time(written, zone=zone, now=now)
    except (ValueError, OverflowError) as error:
        raise Refused("bad_time", "time must be an RFC 3339 time, such as 2026-11-22T10:00:00Z") from error
    if instant < EARLIEST:
        raise Refused("bad_time", "time must not be before 1970")
    return min(instant, now)
