"""Figures of a month that are worse than they have been: whom that concerns, and what to look at first.

A figure alarms if it is worse than in each of the twelve months before, and by more than a tenth than their median.
What comes again every year does not alarm from the second year on, because the same month of last year was as bad.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import median
from typing import Final, NamedTuple

from churn.domain.kpis import Month

MONTHS_COMPARED: Final = 12
# With fewer months, or customers in the month, nothing alarms: that is chance.
MONTHS_MIN: Final = 6
CUSTOMERS_MIN: Final = 30
_WORSE_BY: Final = Fraction(1, 10)


class Watched(NamedTuple):
    """A figure, whose it is, and what to do first when it falls; ``value`` is higher where things are better."""

    name: str
    owner: str
    act: str
    value: Callable[[Month], Fraction | int | None]


class Alarm(NamedTuple):
    """A figure of the month ``number`` that is worse than usual."""

    figure: Watched
    number: int
    value: Fraction
    usual: Fraction


WATCHED: Final = (
    Watched(
        "revenue",
        "management",
        "See which of the other figures fell with it: customers, orders of each, or what an order is worth",
        lambda month: month.revenue,
    ),
    Watched(
        "new_customers",
        "acquisition",
        "Compare the sources of first orders with the month before, and look for one that ended",
        lambda month: month.new,
    ),
    Watched(
        "returning_customers",
        "retention",
        "Look at the list of customers at risk, and at journeys that sent less than the month before",
        lambda month: month.returning,
    ),
    Watched(
        "average_order_value",
        "merchandising",
        "Look for discounts that ran, and for categories that are out of stock",
        lambda month: month.average_order_value,
    ),
    Watched(
        "purchase_frequency",
        "retention",
        "Look at the time between orders of the best customers, and remind them before it is over",
        lambda month: month.purchase_frequency,
    ),
    Watched(
        "repeat_purchase_rate",
        "retention",
        "Look at what the customers of the last three months got after their first order",
        lambda month: month.repeat_purchase_rate,
    ),
    Watched(
        "retention_rate",
        "retention",
        "Write to the customers who are cooling now: those who were lost were cooling a month or two ago",
        lambda month: month.retention_rate,
    ),
    Watched(
        "revenue_retention_rate",
        "management",
        "Call the largest customers on the list by value at risk",
        lambda month: None if month.revenue_churn_rate is None else 1 - month.revenue_churn_rate,
    ),
)


def alarms_of(months: Sequence[Month]) -> list[Alarm]:
    """The figures of the last of some consecutive months that are over which are worse than in those before."""
    if not months or months[-1].customers < CUSTOMERS_MIN:
        return []
    *before, last = months[-MONTHS_COMPARED - 1 :]
    return [alarm for figure in WATCHED if (alarm := _alarm(figure, before, last)) is not None]


def _alarm(figure: Watched, before: Sequence[Month], last: Month) -> Alarm | None:
    known = [Fraction(value) for month in before if month.customers and (value := figure.value(month)) is not None]
    value = figure.value(last)
    if value is None or len(known) < MONTHS_MIN:
        return None
    usual, present = median(known), Fraction(value)
    if present >= min(known) or present >= usual * (1 - _WORSE_BY):
        return None
    return Alarm(figure, last.number, present, Fraction(usual))
