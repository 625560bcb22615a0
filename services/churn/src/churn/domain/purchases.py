"""Purchases and their statistics: a pure fold of a customer's packed orders.

Purchases of one day, in the shop's zone, are one purchase, and a day is indivisible: silence begins when the day of the
last purchase ends. Lengths are whole days until they become weeks, so that recency never exceeds age by a rounding.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from churn.domain.orders import Order, Orders, money
from mandegar.events.orders import NOT_PAID

WEEK_US = 7 * 24 * 3600 * 1_000_000
DAY_US = WEEK_US // 7
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Purchase(NamedTuple):
    """All paid orders of one day. ``day`` is a proleptic ordinal, ``at_us`` the earliest payment, ``net`` in units."""

    day: int
    at_us: int
    net: int
    orders: int


class Statistics(NamedTuple):
    """What the score reads: ``x`` repeat purchases from ``first_day`` to ``last_day``, then silence."""

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
    def mean_order_units(self) -> float:
        """Mean net order value in units."""
        return self.net / self.orders


def to_us(instant: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def from_us(instant_us: int) -> datetime:
    """The UTC instant of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=instant_us)


def day_of(instant_us: int, zone: ZoneInfo) -> int:
    """The shop's calendar day of an instant, as a proleptic ordinal."""
    return datetime.fromtimestamp(instant_us // 1_000_000, zone).toordinal()


@lru_cache(maxsize=8192)
def end_of_day_us(day: int, zone: ZoneInfo) -> int:
    """The instant at which a calendar day of the shop ends."""
    return to_us(datetime.combine(date.fromordinal(day + 1), time.min, zone))


def is_purchase(order: Order) -> bool:
    """A paid order counts unless it is cancelled or its refunds took back all of it. A total of zero counts."""
    if order.paid_at == NOT_PAID or order.cancelled:
        return False
    return order.refunded == 0 or order.refunded < order.total


def purchases(orders: Orders, zone: ZoneInfo, until_us: int | None = None) -> list[Purchase]:
    """The purchases, oldest first; with ``until_us`` only orders paid by then."""
    by_day: dict[int, Purchase] = {}
    for order in orders.values():
        if (until_us is not None and order.paid_at > until_us) or not is_purchase(order):
            continue
        day = day_of(order.paid_at, zone)
        same = by_day.get(day)
        if same is None:
            by_day[day] = Purchase(day, order.paid_at, order.net, 1)
        else:
            at_us = min(same.at_us, order.paid_at)
            by_day[day] = Purchase(day, at_us, same.net + order.net, same.orders + 1)
    return sorted(by_day.values())


def statistics(bought: list[Purchase], zone: ZoneInfo) -> Statistics | None:
    """The statistics of purchases in order of day; none before the first purchase."""
    if not bought:
        return None
    first, last = bought[0], bought[-1]
    return Statistics(
        x=len(bought) - 1,
        first_day=first.day,
        last_day=last.day,
        silent_from_us=end_of_day_us(last.day, zone),
        last_at_us=last.at_us,
        orders=sum(purchase.orders for purchase in bought),
        net=sum(purchase.net for purchase in bought),
        last_net=last.net,
    )


def silence_weeks(known: Statistics, at_us: int) -> float:
    """Weeks of silence at an instant; zero until the day of the last purchase is over."""
    return max(0, at_us - known.silent_from_us) / WEEK_US


def mean_order_value(known: Statistics) -> str:
    """The mean net order value in the shop's currency, to two decimals."""
    return f"{money(round(known.mean_order_units)):.2f}"
