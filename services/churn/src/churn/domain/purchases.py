"""Purchases and their statistics: a pure fold of a customer's packed orders.

Purchases of one day, in the shop's zone, are one purchase, and a day is indivisible: silence begins when the day of the
last purchase ends. Lengths are whole days until they become weeks, so that recency never exceeds age by a rounding.
"""

from typing import NamedTuple

from churn.domain.orders import Order, Orders, money
from mandegar.calendar import ShopDays
from mandegar.events.orders import NOT_PAID
from mandegar.quantities import WEEK_US


class Purchase(NamedTuple):
    """All paid orders of one day. ``day`` is a proleptic ordinal, ``at_us`` the earliest payment, ``net`` in units.

    ``last_at_us`` and ``last_net`` are those of the latest order; of several at one instant, the largest.
    """

    day: int
    at_us: int
    net: int
    orders: int
    last_at_us: int
    last_net: int


class Statistics(NamedTuple):
    """What the score reads: ``x`` repeat purchases from ``first_day`` to ``last_day``, then silence.

    ``orders`` and ``net`` are of all orders, ``last_at_us`` and ``last_net`` of the latest.
    """

    x: int
    first_day: int
    last_day: int
    silent_from_us: int
    last_at_us: int
    orders: int
    net: int
    last_net: int

    @property
    def t_x(self) -> float:
        """Weeks from the first purchase to the last."""
        return (self.last_day - self.first_day) / 7

    @property
    def mean_order_value(self) -> str:
        """The mean net order value in the shop's currency, to two decimals."""
        return f"{money(self.net) / self.orders:.2f}"

    @property
    def mean_gap_days(self) -> int | None:
        """The mean number of days from one day with orders to the next, rounded; None before the second."""
        span = self.last_day - self.first_day
        return (2 * span + self.x) // (2 * self.x) if self.x else None

    def silence_weeks(self, at_us: int) -> float:
        """Weeks of silence at an instant; zero until the day of the last purchase is over."""
        return max(0, at_us - self.silent_from_us) / WEEK_US


def is_purchase(order: Order) -> bool:
    """A paid order counts unless it is cancelled or its refunds took back all of it. A total of zero counts."""
    if order.stated & 1 or order.paid_at == NOT_PAID:
        return False
    return order.refunded == 0 or order.refunded < order.total


def purchases(orders: Orders, days: ShopDays, until_us: int | None = None) -> list[Purchase]:
    """The purchases, oldest first; with ``until_us`` only orders paid by then."""
    by_day: dict[int, Purchase] = {}
    for order in orders.values():
        if (until_us is not None and order.paid_at > until_us) or not is_purchase(order):
            continue
        day, net = days.day_of(order.paid_at), order.total - order.refunded
        same = by_day.get(day)
        if same is None:
            by_day[day] = Purchase(day, order.paid_at, net, 1, order.paid_at, net)
        else:
            at_us, last = min(same.at_us, order.paid_at), max(same[4:], (order.paid_at, net))
            by_day[day] = Purchase(day, at_us, same.net + net, same.orders + 1, *last)
    return sorted(by_day.values())


def statistics(bought: list[Purchase], days: ShopDays) -> Statistics | None:
    """The statistics of purchases in order of day; None before the first purchase."""
    if not bought:
        return None
    first, last = bought[0], bought[-1]
    return Statistics(
        x=len(bought) - 1,
        first_day=first.day,
        last_day=last.day,
        silent_from_us=days.end_of(last.day),
        last_at_us=last.last_at_us,
        orders=sum(purchase.orders for purchase in bought),
        net=sum(purchase.net for purchase in bought),
        last_net=last.last_net,
    )
