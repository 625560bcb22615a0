"""Times in files: of the Gregorian or the Jalali calendar, with slashes or hyphens, in any digits, with or without a
time of day. What can be read in two ways, such as 01/11/2026, is not read.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from ingest.domain.event_time import AHEAD_MAX, EARLIEST
from ingest.domain.file_rows.row_error import WrongValue
from ingest.domain.written_time import written_time
from mandegar.events.addresses import ascii_digits
from mandegar.events.written import trimmed
from mandegar.quantities import whole_of

Calendar = Literal["auto", "gregorian", "jalali"]

# No Gregorian time of a shop lies in these years, and no Jalali one outside of them.
JALALI_YEARS = range(1200, 1600)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_FORM = (
    "must be a time such as 2026-11-22T10:00:00Z, 2026-11-22 13:30 or 1405/09/01 13:30: year, month, day, in this order"
)
_DATED = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
    r"|(?P<digits>[0-9]{4}))(?:(?:[Tt_]| *[,،] *| +(?:- +)?)(?P<clock>[0-9].*))?",
    re.DOTALL,
)
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?P<rest>:[0-9]{2}.*|[0-9]{2}.*)", re.DOTALL)


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
    dated = _DATED.fullmatch(ascii_digits(trimmed(text)))
    if dated is None or dated["clock"] is not None:
        raise WrongValue("bad_day", "must be a day such as 1990-05-31 or 1369/03/10: year, month, day, in this order")
    return _day(dated, calendar)


def _read(text: str, zone: ZoneInfo, calendar: Calendar, now: datetime) -> tuple[datetime, date | None]:
    """The instant, and the day if the text states no more than one."""
    plain = ascii_digits(trimmed(text))
    dated = _DATED.fullmatch(plain) if len(plain) <= 64 else None
    day = None if dated is None else _day(dated, calendar)
    try:
        if dated is None or day is None:
            instant = written_time(plain, zone=zone, now=now)
        elif dated["clock"] is None:
            instant = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
        else:
            instant = written_time(f"{day} {_clock(dated['clock'])}", zone=zone, now=now)
            day = None
    except (ValueError, OverflowError):
        raise WrongValue("bad_time", _FORM) from None
    if not EARLIEST <= instant < LATEST:
        raise WrongValue("bad_time", "must lie between 1970 and 2200")
    return instant, day


def _clock(text: str) -> str:
    """The time of day with two digits of the hour; what follows it stays, such as the zone."""
    clock = _CLOCK.fullmatch(text)
    return text if clock is None or clock["rest"][:1] != ":" else f"{clock['hour']:0>2}{clock['rest']}"


def _day(dated: re.Match[str], calendar: Calendar) -> date:
    month, day = dated["month"] or dated["digits"][:2], dated["day"] or dated["digits"][2:]
    year, is_jalali = whole_of(dated["year"]), whole_of(dated["year"]) in JALALI_YEARS
    if calendar != "auto" and is_jalali != (calendar == "jalali"):
        other = "jalali" if is_jalali else "gregorian"
        raise WrongValue("bad_time", f"has a year of the other calendar; set the calendar to {other} or auto")
    try:
        if is_jalali:
            gregorian: date = JalaliDate(year, whole_of(month), whole_of(day)).to_gregorian()  # type: ignore[no-untyped-call]
            return gregorian
        return date(year, whole_of(month), whole_of(day))
    except (ValueError, OverflowError):
        raise WrongValue("bad_time", f"is no day of the {'Jalali' if is_jalali else 'Gregorian'} calendar") from None
