"""The instant that a shop wrote: RFC 3339 and what programs make of it, and times since 1970.

What can be read in two ways is not read: a wrong time is worse than an event in quarantine.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mandegar.events.addresses import ascii_digits
from mandegar.events.written import trimmed
from mandegar.quantities import decimal_of, from_us, scaled

# As far ahead as a clock may be. A number that is later states something else, such as a date without separators.
AHEAD = timedelta(days=1)
_TEXT_MAX = 64
_WRITTEN = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})"
    r"(?:[Tt_]| +)"
    r"(?P<minutes>[0-9]{2}:?[0-9]{2})(?::?(?P<seconds>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r" *(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?(?![0-9:]))?"
    r"(?(zone)(?:\[[^\[\]]*\])?)"
)
# Digits before the point of seconds, milliseconds and microseconds between 2001 and 2286, and of the unit behind it.
_SINCE_1970 = {10: 6, 13: 3, 16: 0}
_NUMBER = re.compile(r"([0-9]{10}|[0-9]{13}|[0-9]{16})(?:\.[0-9]{1,10})?")
_SECOND = timedelta(seconds=1)


def written_time(written: str | float, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant, in UTC; a text without a zone is read in ``zone``. Raises ``ValueError`` or ``OverflowError``."""
    if not isinstance(written, str):
        return _since_1970(f"{written:.6f}", now)
    if written[10:11] == "T":
        try:
            return _in_utc(datetime.fromisoformat(written), zone)
        except ValueError:
            pass  # it may be written in a way that Python does not know
    text = ascii_digits(trimmed(written))
    if len(text) > _TEXT_MAX:
        raise ValueError("longer than any time")
    if _NUMBER.fullmatch(text):
        return _since_1970(text, now)
    if (parts := _WRITTEN.fullmatch(text.replace("\u2212", "-"))) is None:
        return _in_utc(_day(text), zone)
    return _from_parts(parts, zone)


def written_day(written: str | float) -> date | None:
    """The day that a text states without a time, None for anything else."""
    try:
        return _day(ascii_digits(trimmed(written))).date() if isinstance(written, str) else None
    except ValueError:
        return None


def _from_parts(parts: re.Match[str], zone: ZoneInfo) -> datetime:
    date, minutes, seconds, fraction, offset = parts.group("date", "minutes", "seconds", "fraction", "zone")
    offset = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", None: ""}.get(offset and offset.upper(), offset)
    leaps = seconds == "60"
    clock = f"{minutes[:2]}:{minutes[-2:]}:{'59' if leaps else seconds or '00'}.{(fraction or '0')[:6]:0<6}"
    instant = _in_utc(datetime.fromisoformat(f"{_day(date).date()}T{clock}{offset}"), zone)
    if not leaps:
        return instant
    if (instant.hour, instant.minute) != (23, 59):
        raise ValueError("a leap second is the last one of a day in UTC")
    return instant + _SECOND


def _day(text: str) -> datetime:
    """The midnight of a date. Python reads ``2026-11-22+03:30`` as half past three."""
    if len(text) > 10:
        raise ValueError("neither a date nor a time")
    return datetime.fromisoformat(text)


def _in_utc(instant: datetime, zone: ZoneInfo) -> datetime:
    return (instant if instant.tzinfo is not None else instant.replace(tzinfo=zone)).astimezone(UTC)


def _since_1970(text: str, now: datetime) -> datetime:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("a number of neither seconds, milliseconds nor microseconds")
    instant = from_us(scaled(decimal_of(text), _SINCE_1970[len(text.partition(".")[0])]))
    if instant > now + AHEAD:
        raise ValueError("a number that would be a time in the future")
    return instant
