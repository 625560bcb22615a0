"""The spans of time within which a challenge is to be completed, and their periods: each is counted by itself."""

from typing import Final, NamedTuple

from loyalty.domain.calendars import number_of
from loyalty.domain.windows import Once, Window, Yearly, day_of, ymd

EVER: Final = "ever"
DATES: Final = "dates"
ROLLING: Final = "rolling"
EACH: Final = "each"


class Span(NamedTuple):
    """All of time; the days of a ``window``; any ``days`` in a row; or each period ``per`` anew."""

    kind: str = EVER
    window: Window | None = None
    days: int = 0
    per: str = ""

    @property
    def shape(self) -> str:
        """The span as text: a challenge whose span is another one begins anew."""
        if isinstance(self.window, Once):
            return f"{DATES}-{self.window.first}-{self.window.last}"
        if isinstance(self.window, Yearly):
            calendar, first, last = self.window
            return f"{calendar}-{first[0]:02}{first[1]:02}-{last[0]:02}{last[1]:02}"
        return self.per or (f"{self.days}days" if self.days else EVER)

    def period_of(self, day: int) -> int | None:
        """The number of the period that a day falls into; None if it is in none."""
        if self.kind == EACH:
            return number_of(day, self.per)
        if self.window is None:
            return 0
        if not self.window.holds(day):
            return None
        if isinstance(self.window, Once):
            return self.window.first
        year, *month_and_day = ymd(day, self.window.calendar)
        return year if tuple(month_and_day) >= self.window.first or not _over_new_year(self.window) else year - 1

    def days_at(self, day: int) -> tuple[int, int] | None:
        """The first and the last day of the period of a day, or of the next period; None without periods."""
        if self.kind == EACH:
            return _edge(day, self.per, -1), _edge(day, self.per, 1)
        if isinstance(self.window, Once):
            return self.window
        if self.window is None:
            return None
        year = ymd(day, self.window.calendar)[0]
        found = [_days_of_year(self.window, each) for each in (year - 1, year, year + 1)]
        return next((days for days in found if days[1] >= day), found[-1])


def _over_new_year(window: Yearly) -> bool:
    return window.first > window.last


def _days_of_year(window: Yearly, year: int) -> tuple[int, int]:
    first = _existing(year, window.first, window.calendar, 1)
    return first, _existing(year + _over_new_year(window), window.last, window.calendar, -1)


def _existing(year: int, month_and_day: tuple[int, int], calendar: str, towards: int) -> int:
    """A day of a year; where a leap day is missing, the next one ``towards`` the inside of the span."""
    month, day = month_and_day
    try:
        return day_of(year, month, day, calendar)
    except ValueError:
        before = day_of(year, month, day - 1, calendar)
        return before if towards < 0 else before + 1


def _edge(day: int, per: str, towards: int) -> int:
    """The last day on the way ``towards`` one end of a period."""
    number = number_of(day, per)
    while number_of(day + towards, per) == number:
        day += towards
    return day
