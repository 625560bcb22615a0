"""A customer's purchases by day, each with its orders: what is needed when the past has changed."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from churn.domain.forecast.rhythm import FIRST_PURCHASE, Rhythm, after_purchase
from churn.domain.health import Purchased, healthy_since
from churn.domain.model import Model
from churn.domain.purchases import Paid, Purchase, Statistics, purchase_of, statistics_of
from mandegar.calendar import ShopDays


class Past:
    """Built from all orders of a customer, then changed in place: a further change costs the orders of its day."""

    __slots__ = ("_by_day", "_calendar", "_days", "_net", "_orders", "_rhythms")

    def __init__(self, paid: Iterable[tuple[int, Paid]], calendar: ShopDays) -> None:
        self._calendar = calendar
        self._by_day: dict[int, dict[int, Paid]] = {}
        self._orders = self._net = 0
        for name, one in paid:
            self._by_day.setdefault(calendar.day_of(one.at_us), {})[name] = one
            self._orders, self._net = self._orders + 1, self._net + one.net
        self._days = sorted(self._by_day)
        # Of the first purchases, each with all before it: as many as are known.
        self._rhythms: list[Rhythm] = []

    def change(self, name: int, before: Paid | None, after: Paid | None) -> None:
        """Apply that an order counts as ``after`` where it counted as ``before``."""
        if before is not None:
            day = self._calendar.day_of(before.at_us)
            del self._by_day[day][name]
            self._orders, self._net = self._orders - 1, self._net - before.net
            if not self._by_day[day]:
                del self._by_day[day]
                place = bisect_left(self._days, day)
                del self._days[place], self._rhythms[place:]
        if after is not None:
            day = self._calendar.day_of(after.at_us)
            if day not in self._by_day:
                self._by_day[day] = {}
                place = bisect_left(self._days, day)
                self._days.insert(place, day)
                del self._rhythms[place:]
            self._by_day[day][name] = after
            self._orders, self._net = self._orders + 1, self._net + after.net

    def statistics(self) -> Statistics | None:
        """The statistics of all purchases; None if there is none."""
        return next(self.backwards(), None)

    def backwards(self) -> Iterator[Statistics]:
        """The statistics behind each purchase, the last one first."""
        orders, net = self._orders, self._net
        for place in range(len(self._days) - 1, -1, -1):
            previous = self._purchase(self._days[place - 1]) if place else None
            last, rhythm = self._purchase(self._days[place]), self._all_rhythms()[place]
            yield statistics_of(rhythm, self._days[0], orders, net, last, previous, self._calendar)
            orders, net = orders - last.orders, net - last.net

    def healthy_since(self, model: Model) -> int:
        """The start of the healthy span of the last purchase."""
        return healthy_since(self._backwards(), model, self._calendar)

    def _backwards(self) -> Iterator[tuple[Purchased, int]]:
        net = self._net
        for day, rhythm in zip(reversed(self._days), reversed(self._all_rhythms()), strict=True):
            paid = self._by_day[day].values()
            yield Purchased(rhythm, net, day), min(paid).at_us
            net -= sum(one.net for one in paid)

    def _all_rhythms(self) -> list[Rhythm]:
        rhythms, days = self._rhythms, self._days
        if not rhythms:
            rhythms.append(FIRST_PURCHASE)
        for place in range(len(rhythms), len(days)):
            rhythms.append(after_purchase(rhythms[-1], days[place] - days[place - 1]))
        return rhythms

    def _purchase(self, day: int) -> Purchase:
        return purchase_of(day, self._by_day[day].values())
