"""The figures of a shop by month, from the sums of what its customers count for. ``docs/kpis.md`` defines each.

All numbers are whole or fractions, so that whoever adds up the same orders finds the same figures to the last digit.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from churn.domain.counting import NEVER, RUNGS_MAX, ZERO, Count, Place
from mandegar.months import GREGORIAN

# Of the definitions. A change of any of them is a new version, which answers name.
VERSION: Final = 4
# A customer is current for so many months from each month with an order.
WINDOW_DEFAULT: Final = 3
WINDOW_MAX: Final = 24
# What a retained customer brings is counted for so many months.
WORTH_MONTHS: Final = 12


class Month(NamedTuple):
    """What is counted of one month; what has ``revenue`` in its name is in units.

    ``at_start`` are the customers who were current when it began, ``lost`` those of them who are not at its end,
    ``current`` all at its end; ``revenue_at_start`` is what the first have spent in the ``window`` months before it,
    and ``lost_revenue`` how much of it the lost have. ``again`` are those who had ordered at least twice by its end.
    """

    number: int
    window: int
    customers: int
    new: int
    again: int
    orders: int
    revenue: int
    new_revenue: int
    at_start: int
    lost: int
    won_back: int
    current: int
    revenue_at_start: int
    lost_revenue: int
    nps_answers: Count
    csat_answers: Count
    visitors: int
    new_visitors: int

    @property
    def nps(self) -> Fraction | None:
        """Promoters less detractors of a hundred answers."""
        answers = self.nps_answers
        share = ratio(answers.orders - answers.again, answers.customers)
        return None if share is None else 100 * share

    @property
    def csat(self) -> Fraction | None:
        """The share of the answers that are satisfied."""
        return ratio(self.csat_answers.orders, self.csat_answers.customers)

    @property
    def returning_visitors(self) -> int:
        """Visitors whose first visit is of an earlier month."""
        return self.visitors - self.new_visitors

    @property
    def returning_visitor_share(self) -> Fraction | None:
        """The share of the visitors who had visited in an earlier month."""
        return ratio(self.returning_visitors, self.visitors)

    @property
    def returning(self) -> int:
        """Customers whose first order is of an earlier month."""
        return self.customers - self.new

    @property
    def average_order_value(self) -> Fraction | None:
        """Revenue per order, in units."""
        return ratio(self.revenue, self.orders)

    @property
    def purchase_frequency(self) -> Fraction | None:
        """Orders per customer of the month."""
        return ratio(self.orders, self.customers)

    @property
    def repeat_purchase_rate(self) -> Fraction | None:
        """The share of the month's customers who had ordered at least twice by its end."""
        return ratio(self.again, self.customers)

    @property
    def returning_revenue_share(self) -> Fraction | None:
        """The share of the revenue that is from returning customers."""
        return ratio(self.revenue - self.new_revenue, self.revenue)

    @property
    def retention_rate(self) -> Fraction | None:
        """The share of the customers at its start who are current at its end."""
        return ratio(self.at_start - self.lost, self.at_start)

    @property
    def churn_rate(self) -> Fraction | None:
        """The share of the customers at its start who are lost at its end."""
        return ratio(self.lost, self.at_start)

    @property
    def revenue_churn_rate(self) -> Fraction | None:
        """The share of the revenue of the window before the month that was from those who are lost."""
        return ratio(self.lost_revenue, self.revenue_at_start)

    @property
    def retention_point_value(self) -> Fraction | None:
        """What one point of retention more is worth, in units.

        One in a hundred of the customers at the start brings the mean revenue of a current customer and month, for
        twelve months, from each of which to the next the share of this month is retained.
        """
        rate = self.retention_rate
        if rate is None:
            return None
        kept, of = rate.numerator, rate.denominator
        # 1 + rate + rate^2 and so on, as one fraction.
        months = (
            Fraction(WORTH_MONTHS)
            if kept == of
            else Fraction(of**WORTH_MONTHS - kept**WORTH_MONTHS, of ** (WORTH_MONTHS - 1) * (of - kept))
        )
        return Fraction(self.revenue_at_start, 100 * self.window) * months


class Rung(NamedTuple):
    """Customers who have ordered at least ``order`` times, and how many of them once more."""

    order: int
    customers: int
    next: int

    @property
    def probability(self) -> Fraction | None:
        """The share that has ordered once more."""
        return ratio(self.next, self.customers)


class Cohort(NamedTuple):
    """The customers whose first order is of one month, and what they did in it and in each month since."""

    number: int
    customers: int
    months: Sequence[Count]


def ratio(part: int, whole: int) -> Fraction | None:
    """A share; None of nothing."""
    return Fraction(part, whole) if whole else None


def months_of(counts: Mapping[Place, Count], first: int, last: int, window: int) -> list[Month]:
    """The figures of the months from ``first`` to ``last``, where customers are current for ``window`` months."""
    whole, new = _sums_by_month(counts)
    spans = _Spans(counts, window)
    calendar = next(iter(counts)).calendar if counts else GREGORIAN
    return [
        Month(
            number=month,
            window=window,
            customers=whole[month].customers,
            new=new[month].customers,
            again=whole[month].again,
            orders=whole[month].orders,
            revenue=whole[month].revenue,
            new_revenue=new[month].revenue,
            at_start=spans.current[month - 1],
            lost=spans.lost[month].customers,
            won_back=spans.won_back[month],
            current=spans.current[month],
            revenue_at_start=sum(whole[each].revenue for each in range(month - window, month)),
            lost_revenue=spans.lost[month].revenue,
            nps_answers=counts.get(Place(calendar, "nps", month, 0), ZERO),
            csat_answers=counts.get(Place(calendar, "csat", month, 0), ZERO),
            visitors=counts.get(Place(calendar, "visit", month, 0), ZERO).customers,
            new_visitors=counts.get(Place(calendar, "visit", month, 0), ZERO).orders,
        )
        for month in range(first, last + 1)
    ]


def _sums_by_month(counts: Mapping[Place, Count]) -> tuple[Mapping[int, Count], Mapping[int, Count]]:
    """What all customers did in each month, and what those whose first month it is did."""
    whole: defaultdict[int, Count] = defaultdict(lambda: ZERO)
    new: defaultdict[int, Count] = defaultdict(lambda: ZERO)
    for place, count in counts.items():
        if place.kind == "cohort":
            whole[place.other] = whole[place.other].plus(count)
            if place.one == place.other:
                new[place.one] = new[place.one].plus(count)
    return whole, new


class _Spans:
    """Who is current in each month, who leaves it so, and who comes back: by the gaps between months with orders."""

    def __init__(self, counts: Mapping[Place, Count], window: int) -> None:
        self.current: defaultdict[int, int] = defaultdict(int)
        self.lost: defaultdict[int, Count] = defaultdict(lambda: ZERO)
        self.won_back: defaultdict[int, int] = defaultdict(int)
        for place, count in counts.items():
            if place.kind == "gap":
                self._add(place, count, place.one + window)

    def _add(self, place: Place, count: Count, lost_in: int) -> None:
        comes_back = place.other != NEVER
        for month in range(place.one, min(lost_in, place.other) if comes_back else lost_in):
            self.current[month] += count.customers
        if not comes_back or place.other > lost_in:
            self.lost[lost_in] = self.lost[lost_in].plus(count)
            if comes_back:
                self.won_back[place.other] += count.customers


def ladder_of(counts: Mapping[Place, Count]) -> list[Rung]:
    """How many customers have ordered at least once, twice and so on, and how many of them once more."""
    exactly: defaultdict[int, int] = defaultdict(int)
    for place, count in counts.items():
        if place.kind == "ladder":
            exactly[place.other] += count.customers
    at_least = [sum(exactly[rung] for rung in range(order, RUNGS_MAX + 1)) for order in range(1, RUNGS_MAX + 1)]
    rungs = [Rung(order, at_least[order - 1], at_least[order]) for order in range(1, RUNGS_MAX)]
    return [rung for rung in rungs if rung.customers]


def cohorts_of(counts: Mapping[Place, Count], first: int, last: int, present: int) -> list[Cohort]:
    """The cohorts of the months from ``first`` to ``last`` that have customers, each up to the month ``present``."""
    found: defaultdict[int, dict[int, Count]] = defaultdict(dict)
    for place, count in counts.items():
        if place.kind == "cohort" and first <= place.one <= last and place.other <= present:
            found[place.one][place.other] = count
    return [
        Cohort(one, found[one][one].customers, [found[one].get(month, ZERO) for month in range(one, present + 1)])
        for one in sorted(found)
    ]
