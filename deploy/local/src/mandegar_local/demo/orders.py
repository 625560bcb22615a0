"""The sample that the demo plays: 6,919 order lines of 2,357 customers of a music shop, moved to the present.

The file (CDNOW, 1997 and 1998) lies inside the `lifetimes` distribution. 21 of its lines are identical and eight totals
are zero, so an order is known by its line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from zoneinfo import ZoneInfo

from mandegar_local.demo.chance import chance
from mandegar_local.failure import StackError

DISTRIBUTION = "lifetimes"
FILE = "CDNOW_sample.txt"
LINES, CUSTOMERS = 6919, 2357
RIALS_PER_DOLLAR = 500_000
ZONE = ZoneInfo("Asia/Tehran")
_OPENS, _CLOSES = time(9), time(21)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: who paid how many dollars on which day. `number` counts from 1."""

    number: int
    customer: int
    day: date
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """A paid order of the demo's shop; `rials` is exact."""

    line: int
    customer: int
    paid_at: datetime
    rials: int

    @property
    def order_id(self) -> str:
        """The id of the order and of the event that tells of it."""
        return f"cdnow-{self.line}"


def sample_file() -> Path:
    """Where the file lies. Raises StackError when the distribution is not installed."""
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError as error:
        raise StackError(
            f"The demo's data come with the package {DISTRIBUTION}; run `make setup` to get it."
        ) from error
    for file in installed.files or ():
        if file.name == FILE:
            return Path(str(installed.locate_file(file)))
    raise StackError(f"The installed {DISTRIBUTION} has no {FILE}; run `make setup` to install the locked version.")


def read_lines(text: str) -> list[Line]:
    """Every line of the file: CDNOW's id of the customer, the sample's id, day, number of CDs, dollars."""
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        _, customer, day, _, dollars = line.split()
        lines.append(Line(number, int(customer), datetime.strptime(day, "%Y%m%d").date(), Decimal(dollars)))  # noqa: DTZ007
    return lines


def move_to(lines: list[Line], origin: datetime) -> Iterator[Order]:
    """The same orders, so that the last day of the file is the day of `origin` and no order is later than `origin`.

    The hour is drawn from the line's number, within the shop's hours in Tehran.
    """
    shift = origin.astimezone(ZONE).date() - max(line.day for line in lines)
    for line in lines:
        rials = line.dollars * RIALS_PER_DOLLAR
        yield Order(line.number, line.customer, _paid_at(line.number, line.day + shift, origin), int(rials))


def _paid_at(number: int, day: date, origin: datetime) -> datetime:
    opens, closes = (datetime.combine(day, at, ZONE) for at in (_OPENS, _CLOSES))
    if closes > origin:
        closes = origin.astimezone(ZONE)
        opens = min(opens, datetime.combine(day, time(0), ZONE)) if opens >= closes else opens
    seconds = int((closes - opens).total_seconds())
    return opens + timedelta(seconds=chance("hour", number, below=max(seconds, 1)))
