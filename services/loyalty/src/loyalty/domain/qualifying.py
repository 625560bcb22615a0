"""What tiers of version 2 may be measured by, over which time, and how they are lost.

Plain tiers, by the net spend of a rolling window and lost at once, have none of it.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from loyalty.domain.windows import day_of, ymd
from mandegar.quantities import DAY_US

Measure: TypeAlias = Literal["spend", "points", "orders", "invoice"]
Losing: TypeAlias = Literal["to_fit", "one_step", "never"]
SPEND: Final = "spend"
POINTS: Final = "points"
ORDERS: Final = "orders"
INVOICE: Final = "invoice"
# Of these a level states a number, of the others an amount of money.
COUNTED: Final = frozenset({POINTS, ORDERS})
TO_FIT: Final = "to_fit"
ONE_STEP: Final = "one_step"
NEVER: Final = "never"
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Terms:
    """Spans of ``months`` of a calendar, which begin with its years. What was reached in one is held to its end, and
    for ``kept`` more.
    """

    calendar: str
    months: int
    kept: int

    def number(self, day: int) -> int:
        """The number of the term of a day, which is numbered like ``date.toordinal``."""
        year, month, _ = ymd(day, self.calendar)
        return (year * _MONTHS + month - 1) // self.months

    def last_day(self, number: int) -> int:
        """The last day of a term."""
        year, month = divmod((number + 1) * self.months, _MONTHS)
        return day_of(year, month + 1, 1, self.calendar) - 1


@dataclass(frozen=True, slots=True)
class Qualifying:
    """How levels are reached: the ``measure`` within ``terms``, or within the rolling window of the programme.

    A level that was reached is lost ``grace_days`` after it is no longer, and what happens in these days still counts.
    A refund lowers what was reached, as if the order had always been smaller: nothing shields from it.
    """

    measure: Measure = SPEND
    terms: Terms | None = None
    grace_days: int = 0
    losing: Losing = TO_FIT

    @property
    def grace(self) -> int:
        """The grace after a rolling window, in microseconds."""
        return self.grace_days * DAY_US

    @property
    def is_plain(self) -> bool:
        """Whether tiers are those of version 1."""
        return self == Qualifying()
