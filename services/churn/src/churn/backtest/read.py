"""An order log from a CSV file, read row by row; each broken row is told with its line."""

from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from churn.fitting.purchases import Purchases
from mandegar.calendar import ShopDays
from mandegar.quantities import decimal_of, to_us
from mandegar.row_files.csv_rows import csv_rows
from mandegar.row_files.header import WrongHeader, delimiter_of, read_header
from mandegar.row_files.row import BrokenRow, CsvRow

COLUMNS: Final = ("customer_id", "time", "amount")
# Rows that are told one by one; the rest is counted.
BROKEN_MAX: Final = 20
EVERY_ROWS: Final = 100_000
_DAY_MIN: Final = datetime(1970, 1, 2, tzinfo=UTC).toordinal()


class Log(NamedTuple):
    """The orders of a file: customers by place, their purchases, and what was left out."""

    customers: list[str]
    purchases: Purchases
    orders: int
    broken: list[str]
    broken_count: int


def read_log(path: Path, days: ShopDays, progress: Callable[[int], None]) -> Log:
    """Read a file; ``WrongHeader`` without its three columns. Times without a zone are those of the shop."""
    places: dict[str, int] = {}
    customer, day, amount, broken = array("q"), array("q"), array("d"), list[str]()
    broken_count = 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = lines.readline()
        delimiter = delimiter_of(header)
        where = _columns(read_header(header, delimiter))
        for count, row in enumerate(csv_rows(lines, delimiter, first_line=2), start=1):
            try:
                who, when, worth = _fields(row, where)
                on, value = _day(when, days), _amount(worth)
            except ValueError as error:
                broken_count += 1
                if len(broken) < BROKEN_MAX:
                    broken.append(f"line {row.line}: {error}")
                continue
            customer.append(places.setdefault(who, len(places)))
            day.append(on)
            amount.append(value)
            if not count % EVERY_ROWS:
                progress(count)
    columns = (np.frombuffer(column, dtype=kind) for column, kind in ((customer, "q"), (day, "q"), (amount, "d")))
    return Log([*places], Purchases(*columns), len(day), broken, broken_count)


def part_of(log: Log, customers: list[int]) -> Log:
    """The log of some of the customers, as if the shop had no others."""
    new = np.full(len(log.customers), -1)
    new[customers] = np.arange(len(customers))
    purchases = log.purchases
    chosen = np.flatnonzero(new[purchases.customer] >= 0)
    part = Purchases(new[purchases.customer[chosen]], purchases.day[chosen], purchases.net[chosen])
    return Log([log.customers[place] for place in customers], part, len(chosen), [], 0)


def _columns(names: list[str]) -> tuple[int, int, int]:
    lowered = [name.strip().lower() for name in names]
    missing = [column for column in COLUMNS if column not in lowered]
    if missing:
        raise WrongHeader(f"The first line must name the columns {','.join(COLUMNS)}; missing: {', '.join(missing)}.")
    who, when, worth = (lowered.index(column) for column in COLUMNS)
    return who, when, worth


def _fields(row: CsvRow | BrokenRow, where: tuple[int, int, int]) -> tuple[str, str, str]:
    if isinstance(row, BrokenRow):
        raise ValueError(row.detail)  # noqa: TRY004  the file is wrong, not a type
    if len(row.fields) <= max(where):
        raise ValueError(f"has {len(row.fields)} fields, fewer than the header")
    who, when, worth = (row.fields[place].strip() for place in where)
    if not who:
        raise ValueError("customer_id is empty")
    return who, when, worth


def _day(text: str, days: ShopDays) -> int:
    """The shop's day of an instant, or a date as it stands."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"time {text[:40]!r} is not a date or an instant of ISO 8601") from None
    day = at.toordinal()
    if day < _DAY_MIN:
        raise ValueError(f"time {text[:40]!r} is before 1970")
    return day if at.tzinfo is None else days.day_of(to_us(at.astimezone(UTC)))


def _amount(text: str) -> float:
    try:
        value = decimal_of(text)
    except ValueError as error:
        raise ValueError(f"amount {text[:40]!r}: {error}") from None
    if value < 0:
        raise ValueError(f"amount {text[:40]!r} is below 0")
    return float(value)
