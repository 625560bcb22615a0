"""When an event happened: the time a shop wrote, in its zone if it named none, and never later than now."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ingest.domain.outcomes import Refused

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def event_time(text: str | None, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant in UTC; ``now`` where nothing was written or the clock of the sender runs ahead."""
    if text is None or not text:
        return now
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=zone)
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused("bad_time", "time is not an RFC 3339 time") from error
    if instant < EARLIEST:
        raise Refused("bad_time", "time is before 1970")
    return min(instant, now)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exactly: the version of a snapshot that names none."""
    elapsed = instant - EARLIEST
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
