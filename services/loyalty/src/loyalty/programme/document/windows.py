"""Spans of days and hours in which a rule applies."""

import re
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from loyalty.domain.windows import GREGORIAN, Hours, Once, Window, Yearly, day_of
from mandegar.documents.model import DocumentModel, located
from mandegar.quantities import whole_of

_DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})")
_NO_DAY: tuple[int | None, int, int] = (None, 0, 0)
# A leap year of each calendar: what is a day in it comes every year or in some.
_LEAP = {"gregorian": 2028, "jalali": 1408}


class WindowSection(DocumentModel):
    """Days from ``from`` to ``until``: dates, or days of each year if they have no year. Both days are included."""

    calendar: Literal["gregorian", "jalali"] = GREGORIAN
    first: str = Field(alias="from")
    last: str = Field(alias="until")

    @model_validator(mode="after")
    def _are_days(self) -> Self:
        errors = []
        for key, text in (("from", self.first), ("until", self.last)):
            if _parts(text) is None:
                errors.append(((key,), "must be a date such as 2026-12-21, or a day of each year such as 12-21"))
            elif self._day(text) is None:
                errors.append(((key,), f"there is no such day in the {self.calendar} calendar"))
        if not errors and len(self.first) != len(self.last):
            errors.append((("until",), "from and until must both have a year, or neither"))
        if not errors and not self.is_yearly and (self._day(self.last) or 0) < (self._day(self.first) or 0):
            errors.append((("until",), "must not be before from"))
        if errors:
            raise located(*errors)
        return self

    @property
    def is_yearly(self) -> bool:
        """Whether the days come each year."""
        return len(self.first) == len("12-21")

    def window(self) -> Window:
        """The span as the rules have it."""
        if not self.is_yearly:
            return Once(self._day(self.first) or 0, self._day(self.last) or 0)
        first, last = _parts(self.first) or _NO_DAY, _parts(self.last) or _NO_DAY
        return Yearly(self.calendar, first[1:], last[1:])

    def _day(self, text: str) -> int | None:
        year, month, day = _parts(text) or _NO_DAY
        try:
            return day_of(_LEAP[self.calendar] if year is None else year, month, day, self.calendar)
        except (ValueError, OverflowError):
            return None


class HoursSection(DocumentModel):
    """Hours of the day from ``from`` until just before ``until``, over midnight if it is earlier."""

    begin: str = Field(alias="from")
    end: str = Field(alias="until")

    @model_validator(mode="after")
    def _are_times(self) -> Self:
        errors = []
        for key, text in (("from", self.begin), ("until", self.end)):
            if _minute(text) is None:
                errors.append(((key,), "must be a time such as 18:30"))
        if not errors and _minute(self.begin) == _minute(self.end):
            errors.append((("until",), "is the same as from, so no time is between them"))
        if errors:
            raise located(*errors)
        return self

    def hours(self) -> Hours:
        """The span as the rules have it."""
        return Hours(_minute(self.begin) or 0, _minute(self.end) or 0)


def _parts(text: str) -> tuple[int | None, int, int] | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.groups()
    return None if year is None else whole_of(year), whole_of(month), whole_of(day)


def _minute(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute = whole_of(found.group(1)), whole_of(found.group(2))
    at = hour * 60 + minute
    return at if minute < 60 and at <= 24 * 60 else None


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


WindowSections: TypeAlias = Annotated[
    list[WindowSection], Field(min_length=1, max_length=50), BeforeValidator(_one_or_more)
]
HoursSections: TypeAlias = Annotated[
    list[HoursSection], Field(min_length=1, max_length=10), BeforeValidator(_one_or_more)
]
