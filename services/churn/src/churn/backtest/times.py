"""Times of a log: days of the shop, and instants."""

from datetime import UTC, datetime, timedelta
from typing import Final

from churn.backtest.broken import WrongField
from mandegar.calendar import ShopDays
from mandegar.events.written_calendar import JALALI_YEARS, NotInCalendar, time_in_calendar
from mandegar.quantities import to_us

# 2026-11-29, or 20261129.
_DATE_LENGTH: Final = 10
_DAY_MIN: Final = datetime(1970, 1, 2, tzinfo=UTC).toordinal()
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_FORM: Final = (
    "is no date or time such as 2026-11-29, 2026-11-29T10:00:00Z or 1405/09/08 13:30: year, month, day, in this order"
)


def day_of(text: str, days: ShopDays) -> int:
    """The shop's day of an instant, or a date as it stands; raises ``WrongField``."""
    at, _ = _read(text, days)
    return at.toordinal() if at.tzinfo is None else days.day_of(to_us(at.astimezone(UTC)))


def instant_of(text: str, days: ShopDays) -> int:
    """The instant of a time in microseconds since 1970; without a zone it is the shop's, and a date is its noon."""
    at, is_date = _read(text, days)
    if at.tzinfo is not None:
        return to_us(at.astimezone(UTC))
    into = timedelta(hours=12) if is_date else timedelta(hours=at.hour, minutes=at.minute)
    return days.start_of(at.toordinal()) + into // timedelta(microseconds=1)


def _read(text: str, days: ShopDays) -> tuple[datetime, bool]:
    """The time, without a zone if the text has none, and whether it is a date."""
    try:
        at, is_date = datetime.fromisoformat(text), len(text) <= _DATE_LENGTH
    except ValueError:
        at, is_date = _as_shops_write(text, days)
    else:
        if at.year in JALALI_YEARS:
            at, is_date = _as_shops_write(text, days)
    if at.toordinal() < _DAY_MIN:
        raise WrongField("time", "lies before 2 January 1970; programs write the day before it for no time", text)
    if at.year >= _LATEST.year:
        raise WrongField("time", "lies behind the year 2199", text)
    return at, is_date


def _as_shops_write(text: str, days: ShopDays) -> tuple[datetime, bool]:
    try:
        instant, day = time_in_calendar(text, zone=days.zone, calendar="auto", now=_LATEST)
    except NotInCalendar as wrong:
        raise WrongField("time", str(wrong), text) from None
    except (ValueError, OverflowError):
        raise WrongField("time", _FORM, text) from None
    return (instant, False) if day is None else (datetime(day.year, day.month, day.day), True)  # noqa: DTZ001  a date
