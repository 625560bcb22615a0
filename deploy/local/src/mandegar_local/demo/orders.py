"""The demo's order log: 6,919 orders of 2,357 customers of a music shop, moved to the present.

The file (CDNOW, 1997 and 1998) is part of the `lifetimes` distribution. Orders are identified by line number, because
21 lines are identical and eight totals are zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from zoneinfo import ZoneInfo

from mandegar_local.demo.stable_random import draw
from mandegar_local.stack_error import StackError

DISTRIBUTION = "lifetimes"
FILE = "CDNOW_sample.txt"
LINES, CUSTOMERS = 6919, 2357
RIALS_PER_DOLLAR = 500_000
ZONE = ZoneInfo("Asia/Tehran")
_OPENS, _CLOSES = time(9), time(21)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: customer, day and amount in dollars. `number` counts from 1."""

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
        """The id of the order and of its `order.paid` event."""
        return f"cdnow-{self.line}"


def sample_file() -> Path:
    """The path of the file. Raises StackError if the distribution is not installed."""
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError as error:
        raise StackError(
            f"The demo's data is in the package {DISTRIBUTION}, which is not installed; run `make setup`."
        ) from error
    for file in installed.files or ():
        if file.name == FILE:
            return Path(str(installed.locate_file(file)))
    raise StackError(f"The installed {DISTRIBUTION} does not contain {FILE}; run `make setup` for the locked version.")


def read_lines(text: str) -> list[Line]:
    """The lines of the file: CDNOW's customer id, the sample's customer id, day, number of CDs, dollars."""
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        _, customer, day, _, dollars = line.split()
        lines.append(Line(number, int(customer), datetime.strptime(day, "%Y%m%d").date(), Decimal(dollars)))  # noqa: DTZ007
    return lines


def move_to(lines: list[Line], origin: datetime) -> Iterator[Order]:
    """The orders, moved so that the last day of the file is the day of `origin`; none is later than `origin`.

    The time of day is computed from the line number, within the shop's opening hours in Tehran.
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
    return opens + timedelta(seconds=draw("hour", number, below=max(seconds, 1)))
