"""An order log from a CSV file, read row by row; what cannot be read is left out and reported."""

from array import array
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from churn.backtest.amounts import Amounts
from churn.backtest.apart import APART_DAYS, lie_apart
from churn.backtest.broken import Broken, WrongField
from churn.backtest.columns import columns_of
from churn.backtest.rows import fields_of, opened
from churn.backtest.times import day_of
from churn.fitting.purchases import Purchases
from mandegar.calendar import ShopDays
from mandegar.events.written_number import Mark
from mandegar.row_files.text import Encoding

COLUMNS: Final = ("customer_id", "time", "amount")
EVERY_ROWS: Final = 100_000
_FUTURE: Final = "lies in the future, and the other orders do not"
_APART: Final = f"lies apart: nobody bought for {APART_DAYS} days between it and the other orders"


class Way(NamedTuple):
    """How files are read: the zone of days, the encoding, and the decimal mark if it was stated.

    Without ``today`` no order is one of the future.
    """

    days: ShopDays
    encoding: Encoding = "auto"
    mark: Mark | None = None
    today: int | None = None


class Log(NamedTuple):
    """The orders of a file: customers by place, their purchases, and what was left out of each file."""

    customers: list[str]
    purchases: Purchases
    orders: int
    broken: tuple[Broken, ...]

    @property
    def broken_count(self) -> int:
        """How many rows were left out."""
        return sum(broken.count for broken in self.broken)


def read_log(path: Path, way: Way, progress: Callable[[int], None]) -> Log:
    """Read a file; ``WrongHeader`` without its three columns, ``WrongEncoding``, ``UnclearAmounts``."""
    places: dict[str, int] = {}
    customer, day, line = array("q"), array("q"), array("q")
    broken, amounts = Broken(), Amounts(way.mark)
    with opened(path, way.encoding) as (names, rows):
        columns = columns_of(names, COLUMNS)
        for count, row in enumerate(rows, start=1):
            try:
                (who, when, worth), _ = fields_of(row, columns)
                on = day_of(when, way.days)
                amounts.add(worth)
            except ValueError as error:
                broken.add(row.line, error)
            else:
                customer.append(places.setdefault(who, len(places)))
                day.append(on)
                line.append(row.line)
            if not count % EVERY_ROWS:
                progress(count)
    amount = amounts.values()
    bought_by, bought_on, lines = (np.frombuffer(column, dtype=np.int64) for column in (customer, day, line))
    apart = lie_apart(bought_on, way.today)
    kept = np.flatnonzero(~apart)
    tomorrow = np.inf if way.today is None or (bought_on[kept] > way.today + 1).any() else way.today + 1
    for place in np.flatnonzero(apart):
        on = int(bought_on[place])
        reason = _FUTURE if on > tomorrow else _APART
        broken.add(int(lines[place]), WrongField("time", reason, date.fromordinal(on).isoformat()))
    known, numbered = np.unique(bought_by[kept], return_inverse=True)
    customers = [*places]
    broken.taken = len(kept)
    purchases = Purchases(numbered, bought_on[kept], amount[kept])
    return Log([customers[place] for place in known], purchases, len(kept), (broken,))


def part_of(log: Log, customers: list[int]) -> Log:
    """The log of some of the customers, as if the shop had no others."""
    new = np.full(len(log.customers), -1)
    new[customers] = np.arange(len(customers))
    purchases = log.purchases
    chosen = np.flatnonzero(new[purchases.customer] >= 0)
    signals = None if purchases.signals is None else purchases.signals.of(new)
    part = Purchases(new[purchases.customer[chosen]], purchases.day[chosen], purchases.net[chosen], signals)
    return Log([log.customers[place] for place in customers], part, len(chosen), ())
