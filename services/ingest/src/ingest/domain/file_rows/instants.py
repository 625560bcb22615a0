"""Times in files, as something that has happened, that ends, or as a day: within the bounds of events."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.domain.event_time import AHEAD_MAX, EARLIEST
from ingest.domain.file_rows.row_error import WrongValue
from mandegar.events.written_calendar import Calendar, NotInCalendar, day_in_calendar, time_in_calendar

LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_FORM = (
    "must be a time such as 2026-11-22T10:00:00Z, 2026-11-22 13:30 or 1405/09/01 13:30: year, month, day, in this order"
)


def instant_of(text: str, *, zone: ZoneInfo, calendar: Calendar, now: datetime) -> datetime:
    """The instant in UTC of something that has happened; raises ``WrongValue``."""
    instant, _ = _read(text, zone, calendar, now)
    if instant - now > AHEAD_MAX:
        raise WrongValue("bad_time", "lies ahead by more than 48 hours, but it has to have happened")
    return instant


def end_of(text: str, *, zone: ZoneInfo, calendar: Calendar, now: datetime) -> datetime:
    """The instant in UTC at which something ends, which may lie ahead: a day alone is meant to its end."""
    instant, day = _read(text, zone, calendar, now)
    if day is None:
        return instant
    return datetime.combine(day + _DAY, datetime.min.time(), zone).astimezone(UTC)


def day_of(text: str, *, calendar: Calendar) -> date:
    """The day that a text without a time of day states; raises ``WrongValue``."""
    try:
        day = day_in_calendar(text, calendar)
    except NotInCalendar as wrong:
        raise WrongValue("bad_time", str(wrong)) from None
    if day is None:
        raise WrongValue("bad_day", "must be a day such as 1990-05-31 or 1369/03/10: year, month, day, in this order")
    return day


def _read(text: str, zone: ZoneInfo, calendar: Calendar, now: datetime) -> tuple[datetime, date | None]:
    """The instant, and the day if the text states no more than one."""
    try:
        instant, day = time_in_calendar(text, zone=zone, calendar=calendar, now=now)
    except NotInCalendar as wrong:
        raise WrongValue("bad_time", str(wrong)) from None
    except (ValueError, OverflowError):
        raise WrongValue("bad_time", _FORM) from None
    if not EARLIEST <= instant < LATEST:
        raise WrongValue("bad_time", "must lie between 1970 and 2200")
    return instant, day
