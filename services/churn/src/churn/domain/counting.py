"""What a customer counts for in the figures of a shop: a pure function of their turnover, in each calendar.

A shop's figures are sums of these over its customers, so what a batch changes is what its customers count for
afterwards, less what they counted for before.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from churn.domain.turnover import Sum, Turnover
from mandegar.months import CALENDARS, Calendar, month_number

# ``cohort``: by the month of a customer's first order and a month with orders. ``gap``: by a month with orders and the
# next one, ``NEVER`` if there is none. ``ladder``: by the month of the first order and the number of all orders.
# ``nps`` and ``csat``: by the month of answers (domain/satisfaction.py); ``customers`` is their number, ``orders`` and
# ``again`` are those at the upper and the lower end, ``revenue`` is the sum of their shares.
# ``contract``, ``contract_day`` and ``trial``: by the month, or the day, and what happened; ``orders`` are contracts,
# ``revenue`` is what they bring a month, all three may be below zero (domain/contract_counting.py).
# ``visit``: by the month of visits; ``orders`` are those who visited for the first time (domain/visit_months.py).
# ``ever``: of all months, in the sums of parts alone (domain/dimensions.py).
Kind: TypeAlias = Literal[
    "cohort", "gap", "ladder", "nps", "csat", "contract", "contract_day", "trial", "visit", "ever"
]

# Numbers of months are above.
NEVER: Final = 0
_NEVER: Final = (NEVER, 0, 0)
# Customers with more orders count as if they had so many.
RUNGS_MAX: Final = 20


class Place(NamedTuple):
    """Where something counts; what ``one`` and ``other`` are depends on ``kind``."""

    calendar: Calendar
    kind: Kind
    one: int
    other: int


class Count(NamedTuple):
    """Customers, their orders and revenue in units; ``again``: those who had two orders or more by the month's end."""

    customers: int
    orders: int
    revenue: int
    again: int = 0

    def plus(self, other: "Count", times: int = 1) -> "Count":
        """The sum of this and ``times`` another."""
        return Count(
            self.customers + times * other.customers,
            self.orders + times * other.orders,
            self.revenue + times * other.revenue,
            self.again + times * other.again,
        )


ZERO: Final = Count(0, 0, 0, 0)
Counts: TypeAlias = dict[Place, Count]


# As ``Counts``, to which they are equal, without names: a batch makes and adds many of them for each of its customers.
PlainCount: TypeAlias = tuple[int, int, int, int]
PlainCounts: TypeAlias = dict[tuple[Calendar, Kind, int, int], PlainCount]


def counts_of(turnover: Turnover) -> Counts:
    """What a customer counts for."""
    return {Place(*place): Count(*count) for place, count in _plain_counts(turnover).items()}


def _plain_counts(turnover: Turnover) -> PlainCounts:
    counts: PlainCounts = {}
    spans = sorted(turnover.items())
    for calendar in CALENDARS if spans else ():
        months = _by_month(spans, calendar)
        first, total, revenue = months[0][0], 0, 0
        for (month, orders, net), (following, _, _) in pairwise((*months, _NEVER)):
            total, revenue = total + orders, revenue + net
            counts[calendar, "cohort", first, month] = (1, orders, net, 1 if total > 1 else 0)
            counts[calendar, "gap", month, following] = (1, orders, net, 0)
        counts[calendar, "ladder", first, min(total, RUNGS_MAX)] = (1, total, revenue, 0)
    return counts


def part_counts(turnover: Turnover) -> PlainCounts:
    """What a customer counts for in a part of the shop's customers: as ``counts_of``, but without telling cohorts apart
    (``one`` of a ``cohort`` is 0 unless it is the month itself), and ``ever`` instead of the ladder.
    """
    counts: PlainCounts = {}
    for (calendar, kind, one, other), count in _plain_counts(turnover).items():
        if kind == "ladder":
            customers, orders, revenue, _ = count
            counts[calendar, "ever", 0, 0] = (customers, orders, revenue, int(other > 1))
        else:
            counts[calendar, kind, 0 if kind == "cohort" and one != other else one, other] = count
    return counts


def difference(before: Turnover, after: Turnover) -> PlainCounts:
    """What is to be added to a shop's figures when a customer's turnover changes."""
    return less(_plain_counts(after), _plain_counts(before))


def add_counts(sums: PlainCounts, counts: PlainCounts | Counts) -> None:
    """Add counts to others."""
    for place, count in counts.items():
        if (before := sums.get(place)) is None:
            sums[place] = count
        else:
            customers, orders, revenue, again = count
            sums[place] = before[0] + customers, before[1] + orders, before[2] + revenue, before[3] + again


def less(counts: Mapping[Any, PlainCount], others: Mapping[Any, PlainCount]) -> PlainCounts:
    """Counts less others, where they differ; both plain or not."""
    changes: PlainCounts = {**counts}
    for place, then in others.items():
        now = changes.get(place, ZERO)
        if now == then:
            changes.pop(place, None)
        else:
            changes[place] = (now[0] - then[0], now[1] - then[1], now[2] - then[2], now[3] - then[3])
    return changes


def _by_month(spans: Iterable[tuple[int, Sum]], calendar: Calendar) -> list[tuple[int, int, int]]:
    """Months with orders, the earliest first, their orders and net."""
    months: list[tuple[int, int, int]] = []
    for span, (orders, net) in spans:
        month = _month(span, calendar)
        if months and months[-1][0] == month:
            _, orders_before, net_before = months.pop()
            orders, net = orders + orders_before, net + net_before
        months.append((month, orders, net))
    return months


@lru_cache(maxsize=10_000)
def _month(span: int, calendar: Calendar) -> int:
    return month_number(date.fromordinal(span), calendar)
