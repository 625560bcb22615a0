"""What customers did besides buying, from a CSV file beside the order log, as the service would have taken it in."""

from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from churn.backtest.amounts import number_of
from churn.backtest.broken import Broken, WrongField
from churn.backtest.columns import columns_of
from churn.backtest.read import EVERY_ROWS, Log, Way
from churn.backtest.rows import fields_of, opened
from churn.backtest.times import day_of, instant_of
from churn.domain.signals import noted
from churn.domain.signals.experience import Fact, fact, felt, newest
from churn.domain.signals.noted import VISITS
from churn.fitting.signals import FeltAt, SignalLog
from mandegar.calendar import ShopDays
from mandegar.events.written_number import Mark
from mandegar.quantities import DAY_US

COLUMNS: Final = ("customer_id", "time", "type")
_OPTIONAL: Final = ("value", "subject")
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


def with_interactions(log: Log, path: Path, way: Way, progress: Callable[[int], None]) -> Log:
    """The log with the signals of its customers; rows of others, who have never bought, are left out.

    ``WrongHeader`` without the columns ``customer_id,time,type``; broken rows are told with their line.
    """
    places = {customer: place for place, customer in enumerate(log.customers)}
    visits, facts = set[tuple[int, int]](), dict[int, list[Fact]]()
    broken = Broken(path.name)
    with opened(path, way.encoding) as (names, rows):
        columns = columns_of(names, COLUMNS, _OPTIONAL)
        for count, row in enumerate(rows, start=1):
            try:
                (who, when, kind), more = fields_of(row, columns)
                day = day_of(when, way.days)
                place = places.get(who)
                if kind in VISITS:
                    if place is not None:
                        visits.add((place, day))
                elif kind in _FACTS:
                    found = _FACTS[kind](instant_of(when, way.days), _value(more[0], way.mark), more[1])
                    if found is not None and place is not None:
                        facts.setdefault(place, []).append(found)
                else:
                    raise _unknown(kind)
            except ValueError as error:
                broken.add(row.line, error)
            else:
                broken.taken += 1
            if not count % EVERY_ROWS:
                progress(count)
    log.purchases.signals = _signals(visits, facts, way.days)
    return log._replace(broken=(*log.broken, broken))


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


def _unknown(kind: str) -> WrongField:
    return WrongField("type", f"is none of {', '.join(sorted((*VISITS, *_FACTS)))}", kind)


def _value(text: str, mark: Mark | None) -> float | None:
    return number_of(text, "value", mark) if text else None


def _needed(value: float | None) -> float:
    if value is None:
        raise WrongField("value", "is empty")
    return value
