"""Statistics after one more fact, without the other orders: exactly those of a fold from the beginning, or none."""

from churn.domain.forecast.rhythm import FIRST_PURCHASE, after_purchase
from churn.domain.purchases import Paid, Statistics
from mandegar.calendar import ShopDays


def absorbed(
    statistics: Statistics | None, before: Paid | None, after: Paid | None, days: ShopDays
) -> Statistics | None:
    """The statistics after an order counts as ``after`` where it counted as ``before``; None if they need all orders.

    They need all orders for an order before the last two purchases, for one that no longer counts if it may have been
    alone on its day or first or last of it, and for a payment that turns out to be earlier.
    """
    if after is None:
        return None if before is None or statistics is None else _without(statistics, before, days)
    if before is None:
        return _with(statistics, after, days)
    if statistics is None or before.at_us != after.at_us:
        return None
    return _changed(statistics, before, after, days)


def _with(statistics: Statistics | None, paid: Paid, days: ShopDays) -> Statistics | None:
    day, (at_us, net) = days.day_of(paid.at_us), paid
    if statistics is None:
        return Statistics(0, day, day, days.end_of(day), at_us, 1, net, net, 1, at_us, 1, net, 0, 0, FIRST_PURCHASE)
    s = statistics
    if day > s.last_day:
        return Statistics(
            s.x + 1, s.first_day, day, days.end_of(day), at_us, s.orders + 1, s.net + net, net, 1, at_us, 1,
            net, s.last_day, s.day_at_us, after_purchase(s.rhythm, day - s.last_day),
        )  # fmt: skip
    if day == s.last_day:
        last_at_us, last_net, last_orders = s.last_at_us, s.last_net, s.last_orders
        if at_us > last_at_us:
            last_at_us, last_net, last_orders = at_us, net, 1
        elif at_us == last_at_us:
            last_net, last_orders = max(last_net, net), last_orders + 1
        return Statistics(
            s.x, s.first_day, day, s.silent_from_us, last_at_us, s.orders + 1, s.net + net, last_net, last_orders,
            min(s.day_at_us, at_us), s.day_orders + 1, s.day_net + net, s.previous_day, s.previous_at_us, s.rhythm,
        )  # fmt: skip
    if s.x and day == s.previous_day and at_us >= s.previous_at_us:
        return s._replace(orders=s.orders + 1, net=s.net + net)
    return None


def _without(statistics: Statistics, paid: Paid, days: ShopDays) -> Statistics | None:
    s = statistics
    if days.day_of(paid.at_us) != s.last_day or not s.day_at_us < paid.at_us < s.last_at_us:
        return None
    net, day_net = s.net - paid.net, s.day_net - paid.net
    return s._replace(orders=s.orders - 1, net=net, day_orders=s.day_orders - 1, day_net=day_net)


def _changed(statistics: Statistics, before: Paid, after: Paid, days: ShopDays) -> Statistics | None:
    s, last_net, more = statistics, statistics.last_net, after.net - before.net
    if after.at_us == s.last_at_us:
        if s.last_orders > 1:
            return None
        last_net = after.net
    of_day = more if days.day_of(after.at_us) == s.last_day else 0
    return s._replace(net=s.net + more, last_net=last_net, day_net=s.day_net + of_day)
