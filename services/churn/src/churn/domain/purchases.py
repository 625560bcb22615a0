"""Purchases and their statistics: a pure fold of a customer's packed orders.

Purchases of one day, in the shop's zone, are one purchase, and a day is indivisible: silence begins when the day of the
last purchase ends. Lengths are whole days until they become weeks, so that recency never exceeds age by a rounding.
"""

from collections.abc import Iterable
from typing import NamedTuple

from churn.domain.forecast.rhythm import Rhythm, rhythm_of
from churn.domain.orders import Order, Orders, money
from mandegar.calendar import ShopDays
from mandegar.events.orders import NOT_PAID
from mandegar.quantities import WEEK_US


class Paid(NamedTuple):
    """An order that counts: when it was paid, in microseconds since 1970, and its net in units."""

    at_us: int
    net: int


class Purchase(NamedTuple):
    """All paid orders of one day. ``day`` is a proleptic ordinal, ``at_us`` the earliest payment, ``net`` in units.

    ``last_at_us`` and ``last_net`` are those of the latest order; of ``last_orders`` at one instant, the largest.
    """

    day: int
    at_us: int
    net: int
    orders: int
    last_at_us: int
    last_net: int
    last_orders: int


class Statistics(NamedTuple):
    """What the score reads: ``x`` repeat purchases from ``first_day`` to ``last_day``, then silence.

    ``orders`` and ``net`` are of all orders, ``last_at_us`` and ``last_net`` of the latest. What begins with ``day_``
    or ``last_`` is of the last purchase, what begins with ``previous_`` of the one before, zero if there is none.
    ``rhythm`` is that of all days with a purchase: floats, summed in order of time.
    """

    x: int
    first_day: int
    last_day: int
    silent_from_us: int
    last_at_us: int
    orders: int
    net: int
    last_net: int
    last_orders: int
    day_at_us: int
    day_orders: int
    day_net: int
    previous_day: int
    previous_at_us: int
    rhythm: Rhythm

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


def paid_of(order: Order) -> Paid | None:
    """What an order adds to the purchases, if it counts."""
    return Paid(order.paid_at, order.total - order.refunded) if is_purchase(order) else None


def purchases(orders: Orders, days: ShopDays, until_us: int | None = None) -> list[Purchase]:
    """The purchases, oldest first; with ``until_us`` only orders paid by then."""
    by_day: dict[int, list[Paid]] = {}
    for order in orders.values():
        if (until_us is not None and order.paid_at > until_us) or (paid := paid_of(order)) is None:
            continue
        by_day.setdefault(days.day_of(paid.at_us), []).append(paid)
    return [purchase_of(day, by_day[day]) for day in sorted(by_day)]


def purchase_of(day: int, paid: Iterable[Paid]) -> Purchase:
    """The purchase that the orders of one day are."""
    ordered = sorted(paid)
    last_at_us, last_net = ordered[-1]
    net, at_last = sum(one.net for one in ordered), sum(one.at_us == last_at_us for one in ordered)
    return Purchase(day, ordered[0].at_us, net, len(ordered), last_at_us, last_net, at_last)


def statistics(bought: list[Purchase], days: ShopDays) -> Statistics | None:
    """The statistics of purchases in order of day; None before the first purchase."""
    if not bought:
        return None
    orders, net = sum(purchase.orders for purchase in bought), sum(purchase.net for purchase in bought)
    previous = bought[-2] if len(bought) > 1 else None
    rhythm = rhythm_of(purchase.day for purchase in bought)
    return statistics_of(rhythm, bought[0].day, orders, net, bought[-1], previous, days)


def statistics_of(
    rhythm: Rhythm, first_day: int, orders: int, net: int, last: Purchase, previous: Purchase | None, days: ShopDays
) -> Statistics:
    """The statistics of purchases with this rhythm, of which the last two are given."""
    return Statistics(
        x=rhythm.x,
        first_day=first_day,
        last_day=last.day,
        silent_from_us=days.end_of(last.day),
        last_at_us=last.last_at_us,
        orders=orders,
        net=net,
        last_net=last.last_net,
        last_orders=last.last_orders,
        day_at_us=last.at_us,
        day_orders=last.orders,
        day_net=last.net,
        previous_day=previous.day if previous else 0,
        previous_at_us=previous.at_us if previous else 0,
        rhythm=rhythm,
    )
