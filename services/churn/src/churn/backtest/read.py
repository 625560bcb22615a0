"""An order log from a CSV file, read row by row; each broken row is told with its line."""

from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
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
# 2026-11-29, or 20261129.
_DATE_LENGTH: Final = 10
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
        where = columns_of(read_header(header, delimiter), COLUMNS)
        for count, row in enumerate(csv_rows(lines, delimiter, first_line=2), start=1):
            try:
                (who, when, worth), _ = fields_of(row, where)
                on, value = day_of(when, days), _amount(worth)
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
    bought_by, bought_on = (np.frombuffer(column, dtype=np.int64) for column in (customer, day))
    purchases = Purchases(bought_by, bought_on, np.frombuffer(amount, dtype=np.float64))
    return Log([*places], purchases, len(day), broken, broken_count)


def part_of(log: Log, customers: list[int]) -> Log:
    """The log of some of the customers, as if the shop had no others."""
    new = np.full(len(log.customers), -1)
    new[customers] = np.arange(len(customers))
    purchases = log.purchases
    chosen = np.flatnonzero(new[purchases.customer] >= 0)
    signals = None if purchases.signals is None else purchases.signals.of(new)
    part = Purchases(new[purchases.customer[chosen]], purchases.day[chosen], purchases.net[chosen], signals)
    return Log([log.customers[place] for place in customers], part, len(chosen), [], 0)


def columns_of(names: list[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """The places of columns; ``WrongHeader`` if one is missing."""
    lowered = [name.strip().lower() for name in names]
    missing = [column for column in wanted if column not in lowered]
    if missing:
        raise WrongHeader(f"The first line must name the columns {','.join(wanted)}; missing: {', '.join(missing)}.")
    return tuple(lowered.index(column) for column in wanted)


def fields_of(
    row: CsvRow | BrokenRow, where: tuple[int, ...], optional: Sequence[int | None] = ()
) -> tuple[list[str], list[str]]:
    """The fields in these places, and those in places that a row need not have, without the spaces around them.

    The first is the customer's id. ``ValueError`` if it is empty, or if the row is broken.
    """
    if isinstance(row, BrokenRow):
        raise ValueError(row.detail)  # noqa: TRY004  the file is wrong, not a type
    if len(row.fields) <= max(where):
        raise ValueError(f"has {len(row.fields)} fields, fewer than the header")
    fields = [row.fields[place].strip() for place in where]
    if not fields[0]:
        raise ValueError("customer_id is empty")
    return fields, [
        "" if place is None or place >= len(row.fields) else row.fields[place].strip() for place in optional
    ]


def day_of(text: str, days: ShopDays) -> int:
    """The shop's day of an instant, or a date as it stands."""
    at = _read_time(text)
    return at.toordinal() if at.tzinfo is None else days.day_of(to_us(at.astimezone(UTC)))


def instant_of(text: str, days: ShopDays) -> int:
    """The instant of a time in microseconds since 1970; without a zone it is the shop's, and a date is its noon."""
    at = _read_time(text)
    if at.tzinfo is not None:
        return to_us(at.astimezone(UTC))
    into = timedelta(hours=12) if len(text) <= _DATE_LENGTH else timedelta(hours=at.hour, minutes=at.minute)
    return days.start_of(at.toordinal()) + into // timedelta(microseconds=1)


def _read_time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"time {text[:40]!r} is not a date or an instant of ISO 8601") from None
    if at.toordinal() < _DAY_MIN:
        raise ValueError(f"time {text[:40]!r} is before 1970")
    return at


def _amount(text: str) -> float:
    try:
        value = decimal_of(text)
    except ValueError as error:
        raise ValueError(f"amount {text[:40]!r}: {error}") from None
    if value < 0:
        raise ValueError(f"amount {text[:40]!r} is below 0")
    return float(value)
