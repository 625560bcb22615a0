"""What a shop's customers have under two programmes, and how that differs."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from loyalty.domain.account import balance_of
from loyalty.domain.lots import ADJUST, EARN, EXPIRE, OPEN, REVERSE, SPEND
from loyalty.domain.posting import Balance
from loyalty.domain.timeline import Timeline
from mandegar.calendar import ShopDays

GIVEN, TAKEN, EXPIRED, SPENT = range(4)
COLUMNS = ("given", "taken", "expired", "spent")
# The column of an entry by its kind, and the sign of its points there. Other kinds move points that a customer keeps.
_COLUMN = {
    EARN: (GIVEN, 1),
    OPEN: (GIVEN, 1),
    ADJUST: (GIVEN, 1),
    REVERSE: (TAKEN, -1),
    EXPIRE: (EXPIRED, -1),
    SPEND: (SPENT, -1),
}
_BILLION = 10**9
_NO_SALES, _NO_POINTS = (0, 0), (0,) * len(COLUMNS)
LARGEST = 10
_SOME = 1_000


class Changed(NamedTuple):
    """What a customer's points came to: those that were given and neither taken back nor expired."""

    customer_id: str
    before: int
    after: int
    difference: int


class Side:
    """What one programme came to: points by day, what is outstanding, and how many customers hold each tier."""

    def __init__(self) -> None:
        self.days: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(COLUMNS))
        self.outstanding = Balance()
        self.tiers: Counter[str] = Counter()

    def add(self, timeline: Timeline, days: ShopDays, since: int) -> tuple[int, str]:
        """Add a customer; returns what their points came to since an instant, and their tier."""
        worth = 0
        for lot in timeline.lots:
            for (kind, _, _), (points, at) in lot.entries.items():
                if points and at >= since and (place := _COLUMN.get(kind)) is not None:
                    column, sign = place
                    self.days[days.day_of(at)][column] += sign * points
                    worth += 0 if column == SPENT else points
        tier = timeline.programme.tiers[timeline.tier].name
        self.tiers[tier] += 1
        self.outstanding = Balance(*map(sum, zip(self.outstanding, balance_of(timeline), strict=True)))
        return worth, tier

    def totals(self, value: Decimal | None, revenue: Decimal) -> dict[str, Any]:
        """All of it, in a fixed order."""
        points = [sum(day[column] for day in self.days.values()) for column in range(len(COLUMNS))]
        available, pending, held, debt, _ = self.outstanding
        kept = points[GIVEN] - points[TAKEN] - points[EXPIRED]
        cost = None if value is None else kept * value
        return {
            "points": dict(zip(COLUMNS, points, strict=True)),
            "outstanding": {"available": available, "pending": pending, "held": held, "debt": debt},
            "value_per_point": text_of(value),
            "liability": text_of(None if value is None else (available + pending + held) * value),
            "cost": text_of(cost),
            "cost_share": None if cost is None or not revenue else text_of(round(cost / revenue, 6)),
            "tiers": dict(sorted(self.tiers.items())),
        }


class _Largest:
    """The customers with the largest differences; of equal ones those whose ids come first."""

    def __init__(self) -> None:
        self.number = 0
        self._some: list[Changed] = []

    def add(self, changed: Changed) -> None:
        self.number += 1
        self._some.append(changed)
        if len(self._some) > _SOME:
            self._some = self._first()

    def as_json(self) -> list[dict[str, Any]]:
        return [changed._asdict() for changed in self._first()]

    def _first(self) -> list[Changed]:
        return sorted(self._some, key=lambda changed: (-abs(changed.difference), changed.customer_id))[:LARGEST]


class Comparison:
    """Two programmes, customer by customer."""

    def __init__(self, days: ShopDays, since: int) -> None:
        self._days, self._since = days, since
        self.before, self.after = Side(), Side()
        self.customers = 0
        # Orders, and their net in billionths, by day of payment.
        self.sales: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        self._moves: Counter[tuple[str, str]] = Counter()
        self._winners, self._losers = _Largest(), _Largest()

    def add(self, customer_id: str, before: Timeline, after: Timeline) -> None:
        """Add a customer's account under both."""
        self.customers += 1
        for lot in before.lots:
            if lot.earned_at >= self._since and "\x1f" not in lot.order_id:  # others are no orders
                sales = self.sales[self._days.day_of(lot.earned_at)]
                sales[0] += 1
                sales[1] += lot.net
        was, tier_before = self.before.add(before, self._days, self._since)
        now, tier_after = self.after.add(after, self._days, self._since)
        if tier_before != tier_after:
            self._moves[tier_before, tier_after] += 1
        if was != now:
            changed = Changed(customer_id, was, now, now - was)
            (self._winners if changed.difference > 0 else self._losers).add(changed)

    def result(self, value_before: Decimal | None, value_after: Decimal | None) -> dict[str, Any]:
        """What is published of it, but for the months, which a calendar makes of the days."""
        revenue = Decimal(sum(net for _, net in self.sales.values())) / _BILLION
        before, after = self.before.totals(value_before, revenue), self.after.totals(value_after, revenue)
        return {
            "customers": self.customers,
            "orders": sum(orders for orders, _ in self.sales.values()),
            "revenue": text_of(revenue),
            "before": before,
            "after": after,
            "difference": difference(before, after),
            "tier_moves": [
                {"before": was, "after": now, "customers": customers}
                for (was, now), customers in sorted(self._moves.items())
            ],
            "gain": self._winners.number,
            "lose": self._losers.number,
            "winners": self._winners.as_json(),
            "losers": self._losers.as_json(),
            "days": {
                str(day): [
                    *self.sales.get(day, _NO_SALES),
                    *self.before.days.get(day, _NO_POINTS),
                    *self.after.days.get(day, _NO_POINTS),
                ]
                for day in sorted({*self.sales, *self.before.days, *self.after.days})
            },
        }


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """``after`` less ``before``, of all numbers that differ; empty if nothing does."""
    found: dict[str, Any] = {}
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if isinstance(was, dict) and isinstance(now, dict):
            found[name] = difference(was, now)
        elif isinstance(was, int | None) and isinstance(now, int | None):
            found[name] = (now or 0) - (was or 0)
        elif was is not None and now is not None:
            found[name] = text_of(Decimal(now) - Decimal(was))
    return found


def text_of(number: Decimal | None) -> str | None:
    """A number as answers have it: without zeros at its end."""
    if number is None:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
