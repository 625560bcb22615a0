"""Rows of customers and orders as an export shows them: packs taken apart, days as dates, money as decimal text."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from churn.domain.orders import Order, money
from churn.domain.packed import Packed
from churn.domain.packing import order_of
from churn.domain.remembered import unpack_remembered
from churn.domain.signals.experience import SECOND_US
from churn.domain.signals.state import unpack_signals
from churn.domain.turnover import unpack_turnover
from churn.domain.visit_months import months_visited
from mandegar.calendar import shop_days
from mandegar.events.orders import NOT_PAID
from mandegar.months import GREGORIAN, numbered_month
from mandegar.quantities import from_us, to_us

_FIRST: Final = to_us(datetime.fromisoformat("0001-01-01T00:00:00Z"))
_NAMES: Final = 1 << 64
# The first day of 1970, with which days of visits begin.
_DAY_0: Final = date(1970, 1, 1).toordinal()


def customer_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A customer with the recent orders, and what is remembered of all purchases, which follows from the orders."""
    packed = Packed(row["orders"])
    return {
        **row,
        "orders": [_order(name, record) for name, record in packed.recent.items()],
        "orders_in_older_orders": packed.older_count,
        "remembered": _remembered(row),
        "turnover": [
            {"from_day": _day(day), "orders": number, "net": _text(money(net))}
            for day, (number, net) in sorted(unpack_turnover(row["turnover"]).items())
        ],
        "signals": _signals(row["signals"]),
        "visit_months": [
            numbered_month(month, GREGORIAN).label for month in months_visited(row["visit_months"], GREGORIAN)
        ],
        "first_day": _day(row["first_day"]),
        "last_day": _day(row["last_day"]),
        **{name: _text(row[name]) for name in ("crossing_risk", "crossing_year_value")},
        "value_at_risk": None if row["value_at_risk"] is None else _text(row["value_at_risk"]),
    }


def older_order_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An order that has left the row of its customer."""
    return {**{name: value for name, value in row.items() if name != "record"}, **_order(row["name"], row["record"])}


def _order(name: int, record: bytes) -> dict[str, Any]:
    order: Order = order_of(record)
    refunds = (order.refunds or {}).items()
    return {
        "name": _name(name),
        "written_at": _instant(order.written),
        "number": None if order.numbers is None else order.numbers.numbered.number,
        "total": _text(money(order.total)),
        "net": _text(money(order.net)),
        "paid_at": None if order.paid_at == NOT_PAID else _instant(order.paid_at),
        "stands": not order.cancelled,
        "moved_to_another_customer": order.moved,
        "refunds": [
            {"name": _name(refund), "written_at": _instant(written), "amount": _text(money(amount))}
            for refund, (written, amount) in refunds
        ],
    }


def _remembered(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The statistics of all purchases; None if none were computed from these orders."""
    if row["zone"] is None:
        return None
    found = unpack_remembered(row["remembered"], row["orders"], shop_days(row["zone"]))
    if found is None or found.statistics is None:
        return None
    s = found.statistics
    return {
        "orders": s.orders,
        "net": _text(money(s.net)),
        "days_with_orders": s.x + 1,
        "first_day": _day(s.first_day),
        "last_day": _day(s.last_day),
        "last_order_at": _instant(s.last_at_us),
        "last_order_net": _text(money(s.last_net)),
        "healthy_since": None if found.healthy_since is None else _instant(found.healthy_since),
    }


def _signals(data: bytes) -> dict[str, Any]:
    """Days with a visit (of UTC), and single facts; keys are hashes of the ids that the shop sent."""
    signals = unpack_signals(data)
    return {
        "days_with_a_visit": [_day(day + _DAY_0) for day in sorted(signals.visited.days())],
        "facts": [
            {"at": from_us(each.at * SECOND_US), "kind": each.kind, "strength": each.hundredths / 100, "key": each.key}
            for each in signals.facts
        ],
    }


def _name(name: int) -> str:
    """The hash that stands for the id of an order or refund, as the 16 hexadecimal digits of its bytes."""
    return (name % _NAMES).to_bytes(8, "little").hex()


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _instant(at: int) -> datetime | None:
    """An instant, None for what stands for none."""
    return from_us(at) if at >= _FIRST else None


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


EXPORT = {"customers": customer_row, "older_orders": older_order_row}
