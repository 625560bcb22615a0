"""Facts of orders as churn's packed orders take them in, each a function of the orders that it changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from churn.domain.orders import Orders, record_cancel, record_payment, record_refund, record_snapshot
from churn.domain.packed import Packed
from churn.domain.packing import FORMAT, pack_order
from mandegar.calendar import shop_days
from mandegar.events.orders import UPDATED
from mandegar.quantities import to_us

TEHRAN = shop_days("Asia/Tehran")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
Fact = Callable[[Orders], None]


def snapshot(
    order: str,
    total: Decimal | str,
    version: int | None,
    written: datetime = NOON,
    stage: int = UPDATED,
    status: str | None = None,
) -> Fact:
    """Of a version without a number if it is None."""
    at_us = to_us(written)
    version = at_us if version is None else version
    return lambda orders: record_snapshot(orders, order, Decimal(total), version, at_us, stage, status)


def paid(order: str, at: datetime = NOON) -> Fact:
    return lambda orders: record_payment(orders, order, to_us(at))


def cancelled(order: str, version: int | None, written: datetime = NOON) -> Fact:
    at_us = to_us(written)
    return lambda orders: record_cancel(orders, order, at_us if version is None else version, at_us)


def refunded(order: str, refund: str, amount: Decimal | str, written: datetime = NOON) -> Fact:
    return lambda orders: record_refund(orders, order, refund, Decimal(amount), to_us(written))


def folded(*facts: Fact) -> Orders:
    orders: Orders = {}
    for fact in facts:
        fact(orders)
    return orders


def pack(orders: Orders) -> bytes:
    """All orders of a customer in one pack, however many they are."""
    return FORMAT + b"".join(pack_order(name, orders[name]) for name in sorted(orders))


def unpack(data: bytes) -> Orders:
    return Packed(data).orders({})
