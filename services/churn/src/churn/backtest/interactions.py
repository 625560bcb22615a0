"""What customers did besides buying, from a CSV file beside the order log, as the service would have taken it in."""

from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from churn.backtest.read import BROKEN_MAX, EVERY_ROWS, Log, columns_of, day_of, fields_of, instant_of
from churn.domain.signals import noted
from churn.domain.signals.experience import Fact, fact, felt, newest
from churn.fitting.signals import FeltAt, SignalLog
from mandegar.calendar import ShopDays
from mandegar.events.registry import VISIT_TYPES
from mandegar.quantities import DAY_US, decimal_of
from mandegar.row_files.csv_rows import csv_rows
from mandegar.row_files.header import delimiter_of, read_header

COLUMNS: Final = ("customer_id", "time", "type")
_OPTIONAL: Final = ("value", "subject")
_VISITS: Final = VISIT_TYPES | {"customer.logged_in"}
# What a row of a type is, given its instant, value and subject; values that a type does not need are not looked at.
_FACTS: Final[Mapping[str, Callable[[int, float | None, str], Fact | None]]] = {
    "review.submitted": lambda at, value, key: noted.reviewed(at, _needed(value), 5.0, None, key),
    "survey.nps": lambda at, value, key: noted.surveyed(at, "nps", _needed(value), key),
    "survey.csat": lambda at, value, key: noted.surveyed(at, "csat", _needed(value), key),
    "ticket.opened": lambda at, value, key: fact("ticket_opened", at, noted.ticket_strength(value), key),
    "ticket.answered": lambda at, _, key: fact("ticket_answered", at, key=key),
    "ticket.closed": lambda at, _, key: fact("ticket_closed", at, key=key),
    "order.cancelled": lambda at, _, key: fact("cancelled_by_shop", at, key=key),
    "refund.issued": lambda at, _, key: fact("returned", at, noted.RETURNED, key),
    "delivery.late": lambda at, _, key: fact("delivery_promised", at, key=key),
    "promise.broken": lambda at, _, key: fact("promise_broken", at, key=key),
}


def with_interactions(log: Log, path: Path, days: ShopDays, progress: Callable[[int], None]) -> Log:
    """The log with the signals of its customers; rows of others, who have never bought, are left out.

    ``WrongHeader`` without the columns ``customer_id,time,type``; broken rows are told with their line.
    """
    places = {customer: place for place, customer in enumerate(log.customers)}
    visits, facts = set[tuple[int, int]](), dict[int, list[Fact]]()
    broken, broken_count = [*log.broken], log.broken_count
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = lines.readline()
        delimiter = delimiter_of(header)
        names = read_header(header, delimiter)
        where, optional = columns_of(names, COLUMNS), _optional(names)
        for count, row in enumerate(csv_rows(lines, delimiter, first_line=2), start=1):
            try:
                (who, when, kind), more = fields_of(row, where, optional)
                day = day_of(when, days)
                place = places.get(who)
                if kind in _VISITS:
                    if place is not None:
                        visits.add((place, day))
                elif kind in _FACTS:
                    found = _FACTS[kind](instant_of(when, days), _value(more[0]), more[1])
                    if found is not None and place is not None:
                        facts.setdefault(place, []).append(found)
                else:
                    raise _unknown(kind)
            except ValueError as error:
                broken_count += 1
                if len(broken) < BROKEN_MAX:
                    broken.append(f"{path.name}, line {row.line}: {error}")
            if not count % EVERY_ROWS:
                progress(count)
    log.purchases.signals = _signals(visits, facts, days)
    return log._replace(broken=broken, broken_count=broken_count)


def _signals(visits: set[tuple[int, int]], facts: dict[int, list[Fact]], days: ShopDays) -> SignalLog:
    customer, day = array("q"), array("q")
    for place, on in visits:
        customer.append(place)
        day.append(on)
    experiences = [
        FeltAt(
            place, _on(each.at_us, days), each.strength, np.inf if each.eased_us is None else _on(each.eased_us, days)
        )
        for place, of in facts.items()
        for each in felt(newest(of))
    ]
    return SignalLog(np.array(customer, np.int64), np.array(day, np.int64), experiences)


def _on(at_us: int, days: ShopDays) -> float:
    day = days.day_of(at_us)
    return day + (at_us - days.start_of(day)) / DAY_US


def _unknown(kind: str) -> ValueError:
    return ValueError(f"type {kind[:40]!r} is none of {', '.join(sorted((*_VISITS, *_FACTS)))}")


def _optional(names: list[str]) -> tuple[int | None, int | None]:
    lowered = [name.strip().lower() for name in names]
    value, subject = (lowered.index(name) if name in lowered else None for name in _OPTIONAL)
    return value, subject


def _value(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(decimal_of(text))
    except ValueError as error:
        raise ValueError(f"value {text[:40]!r}: {error}") from None


def _needed(value: float | None) -> float:
    if value is None:
        raise ValueError("value is empty")
    return value
