"""Times as shops write them into files: of the Gregorian or the Jalali calendar, in any digits, with slashes or
hyphens, with or without a time of day. What can be read in two ways, such as 01/11/2026, is not read.
"""

import re
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from mandegar.events.addresses import ascii_digits
from mandegar.events.written import trimmed
from mandegar.events.written_time import written_time
from mandegar.quantities import whole_of

Calendar = Literal["auto", "gregorian", "jalali"]

# No Gregorian time of a shop lies in these years, and no Jalali one outside of them.
JALALI_YEARS = range(1200, 1600)
_DATED = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
    r"|(?P<digits>[0-9]{4}))(?:(?:[Tt_]| *[,،] *| +(?:- +)?)(?P<clock>[0-9].*))?",
    re.DOTALL,
)
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?P<rest>:[0-9]{2}.*|[0-9]{2}.*)", re.DOTALL)
_TEXT_MAX = 64


class NotInCalendar(ValueError):
    """The date does not exist in its calendar, or belongs to another one than was stated; the message says which."""


def day_in_calendar(text: str, calendar: Calendar) -> date | None:
    """The day that a text states without a time of day, None for anything else; raises ``NotInCalendar``."""
    dated = _DATED.fullmatch(ascii_digits(trimmed(text)))
    return None if dated is None or dated["clock"] is not None else _day(dated, calendar)


def time_in_calendar(text: str, *, zone: ZoneInfo, calendar: Calendar, now: datetime) -> tuple[datetime, date | None]:
    """The instant in UTC, and the day if the text states no more than one.

    Raises ``NotInCalendar``, and ``ValueError`` or ``OverflowError`` for what is no time at all.
    """
    plain = ascii_digits(trimmed(text))
    dated = _DATED.fullmatch(plain) if len(plain) <= _TEXT_MAX else None
    if dated is None:
        return written_time(plain, zone=zone, now=now), None
    day = _day(dated, calendar)
    if dated["clock"] is None:
        return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC), day
    return written_time(f"{day} {_clock(dated['clock'])}", zone=zone, now=now), None


def _clock(text: str) -> str:
    """The time of day with two digits of the hour; what follows it stays, such as the zone."""
    clock = _CLOCK.fullmatch(text)
    return text if clock is None or clock["rest"][:1] != ":" else f"{clock['hour']:0>2}{clock['rest']}"


def _day(dated: re.Match[str], calendar: Calendar) -> date:
    month, day = dated["month"] or dated["digits"][:2], dated["day"] or dated["digits"][2:]
    year, is_jalali = whole_of(dated["year"]), whole_of(dated["year"]) in JALALI_YEARS
    if calendar != "auto" and is_jalali != (calendar == "jalali"):
        other = "jalali" if is_jalali else "gregorian"
        raise NotInCalendar(f"has a year of the other calendar; set the calendar to {other} or auto")
    try:
        if is_jalali:
            gregorian: date = JalaliDate(year, whole_of(month), whole_of(day)).to_gregorian()  # type: ignore[no-untyped-call]
            return gregorian
        return date(year, whole_of(month), whole_of(day))
    except (ValueError, OverflowError):
        raise NotInCalendar(f"is no day of the {'Jalali' if is_jalali else 'Gregorian'} calendar") from None
