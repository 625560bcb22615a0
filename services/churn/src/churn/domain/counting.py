"""What a customer counts for in the figures of a shop: a pure function of their turnover, in each calendar.

A shop's figures are sums of these over its customers, so what a batch changes is what its customers count for
afterwards, less what they counted for before.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from churn.domain.turnover import NOTHING, Sum, Turnover
from mandegar.months import CALENDARS, Calendar, month_number

# ``cohort``: by the month of a customer's first order and a month with orders. ``gap``: by a month with orders and the
# next one, ``NEVER`` if there is none. ``ladder``: by the month of the first order and the number of all orders.
Kind: TypeAlias = Literal["cohort", "gap", "ladder"]

# Numbers of months are above.
NEVER: Final = 0
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
        return Count(*(mine + times * theirs for mine, theirs in zip(self, other, strict=True)))


ZERO: Final = Count(0, 0, 0, 0)
Counts: TypeAlias = dict[Place, Count]


def counts_of(turnover: Turnover) -> Counts:
    """What a customer counts for."""
    counts: Counts = {}
    for calendar in CALENDARS if turnover else ():
        months = _by_month(turnover, calendar)
        first, total = next(iter(months)), 0
        following = iter([*months, NEVER])
        next(following)
        for (month, (orders, net)), then in zip(months.items(), following, strict=True):
            total += orders
            counts[Place(calendar, "cohort", first, month)] = Count(1, orders, net, int(total > 1))
            counts[Place(calendar, "gap", month, then)] = Count(1, orders, net)
        counts[Place(calendar, "ladder", first, min(total, RUNGS_MAX))] = Count(1, total, sum_of(turnover).net)
    return counts


def difference(before: Turnover, after: Turnover) -> Counts:
    """What is to be added to a shop's figures when a customer's turnover changes."""
    was, is_ = counts_of(before), counts_of(after)
    return {
        place: is_.get(place, ZERO).plus(was.get(place, ZERO), -1)
        for place in was.keys() | is_.keys()
        if was.get(place) != is_.get(place)
    }


def sum_of(turnover: Mapping[int, Sum]) -> Sum:
    """All orders together."""
    return Sum(sum(each.orders for each in turnover.values()), sum(each.net for each in turnover.values()))


def _by_month(turnover: Turnover, calendar: Calendar) -> dict[int, Sum]:
    months: dict[int, Sum] = {}
    for span in sorted(turnover):
        month = _month(span, calendar)
        orders, net = months.get(month, NOTHING)
        months[month] = Sum(orders + turnover[span].orders, net + turnover[span].net)
    return months


@lru_cache(maxsize=10_000)
def _month(span: int, calendar: Calendar) -> int:
    return month_number(date.fromordinal(span), calendar)
