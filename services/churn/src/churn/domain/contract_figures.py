"""The figures of contracts and trials by month, from the sums of what customers count for: see ``docs/kpis.md``."""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from churn.domain.contract_counting import (
    CHURNED,
    CONTRACTION,
    CONVERTED,
    ENDED,
    EXPANSION,
    NEW,
    REACTIVATED,
    SAME,
    STARTED,
)
from churn.domain.counting import ZERO, Count, Kind, Place
from churn.domain.kpis import ratio

MOVEMENTS: Final = (NEW, EXPANSION, CONTRACTION, CHURNED, REACTIVATED, SAME)
# By how many customers with contracts there are more.
_JOINS: Final = {NEW: 1, REACTIVATED: 1, CHURNED: -1}


class Running(NamedTuple):
    """Customers with contracts, their contracts, and what these bring a month, in units."""

    customers: int = 0
    contracts: int = 0
    monthly: int = 0

    def after(self, movement: int, count: Count) -> "Running":
        """What runs after customers have moved."""
        customers = _JOINS.get(movement, 0) * count.customers
        return Running(self.customers + customers, self.contracts + count.orders, self.monthly + count.revenue)


class ContractMonth(NamedTuple):
    """How contracts moved from the end of the month before to that of a month, and what trials did in it.

    The amounts of ``contraction`` and ``churned`` are negative.
    """

    at_start: Running
    new: Count
    expansion: Count
    contraction: Count
    churned: Count
    reactivated: Count
    at_end: Running
    trials_started: int
    trials_ended: int
    trials_converted: int

    @property
    def churn_rate(self) -> Fraction | None:
        """The share of the customers at its start who have no contract at its end."""
        return ratio(self.churned.customers, self.at_start.customers)

    @property
    def revenue_churn_rate(self) -> Fraction | None:
        """The share of the recurring revenue at its start that was lost: with customers, or by smaller contracts."""
        return ratio(-self.churned.revenue - self.contraction.revenue, self.at_start.monthly)

    @property
    def net_retention_rate(self) -> Fraction | None:
        """What the customers at its start bring at its end, as a share of what they brought."""
        change = self.expansion.revenue + self.contraction.revenue + self.churned.revenue
        return ratio(self.at_start.monthly + change, self.at_start.monthly)

    @property
    def conversion_rate(self) -> Fraction | None:
        """The share of the trials that ended which became a contract."""
        return ratio(self.trials_converted, self.trials_ended)


def contract_months_of(counts: Mapping[Place, Count], first: int, last: int) -> list[ContractMonth]:
    """The figures of the months from ``first`` to ``last``; ``counts`` have what moved before them as well."""
    moved: defaultdict[tuple[Kind, int, int], Count] = defaultdict(lambda: ZERO)
    running = Running()
    for place, count in counts.items():
        moved[place.kind, place.one, place.other] = count
        if place.kind == "contract" and place.one < first:
            running = running.after(place.other, count)
    months = []
    for number in range(first, last + 1):
        at_start = running
        for way in MOVEMENTS:
            running = running.after(way, moved["contract", number, way])
        months.append(
            ContractMonth(
                at_start=at_start,
                new=moved["contract", number, NEW],
                expansion=moved["contract", number, EXPANSION],
                contraction=moved["contract", number, CONTRACTION],
                churned=moved["contract", number, CHURNED],
                reactivated=moved["contract", number, REACTIVATED],
                at_end=running,
                trials_started=moved["trial", number, STARTED].customers,
                trials_ended=moved["trial", number, ENDED].customers,
                trials_converted=moved["trial", number, CONVERTED].customers,
            )
        )
    return months


def running_now(counts: Mapping[Place, Count]) -> Running:
    """What runs today, where ``counts`` have what changed on days up to today."""
    days = [count for place, count in counts.items() if place.kind == "contract_day"]
    return Running(sum(c.customers for c in days), sum(c.orders for c in days), sum(c.revenue for c in days))
