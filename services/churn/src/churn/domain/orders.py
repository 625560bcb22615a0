"""A customer's orders in a few dozen bytes each, so that facts converge in whatever order they come.

Per order the pack keeps the newest snapshot or cancellation (by version, then by event id), the earliest payment and
the refunds by their id. Every one of these is a maximum, a minimum or a set, so repeats and late facts change nothing.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b
from struct import Struct
from uuid import UUID

UNITS = 10_000
"""Amounts are whole ten-thousandths of the shop's currency unit: exact to compare, 8 bytes to keep."""

_FORMAT = b"\x01"
_ORDER = Struct("<QqQQqBH")
_REFUND = Struct("<QQ")
_CANCELLED = 1
_UNKNOWN_VERSION = -(2**63)
_NOT_PAID = 2**63 - 1
_VERSION_MAX = 2**63 - 1
REFUNDS_MAX = 65_535


class Order:
    """What is known of one order. ``paid_at`` is in microseconds since 1970, amounts are in ``UNITS``."""

    __slots__ = ("cancelled", "paid_at_us", "refunds", "tie", "total", "version")

    def __init__(self) -> None:
        self.version = _UNKNOWN_VERSION
        self.tie = 0
        self.total = 0
        self.paid_at_us = _NOT_PAID
        self.cancelled = False
        self.refunds: dict[int, int] | None = None  # most orders have none, and a pack makes many of these

    @property
    def net(self) -> int:
        """The newest total less all refunds, never below zero."""
        if not self.refunds:
            return self.total
        return max(0, self.total - sum(self.refunds.values()))

    @property
    def is_purchase(self) -> bool:
        """A paid order counts unless it is cancelled or its refunds took back all of it. A total of zero counts."""
        if self.paid_at_us == _NOT_PAID or self.cancelled:
            return False
        if not self.refunds:
            return True
        refunded = sum(self.refunds.values())
        return refunded == 0 or refunded < self.total


Orders = dict[int, Order]


def hash_id(text: str) -> int:
    """The 64-bit name of an order or refund inside one customer's pack."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def units(amount: Decimal) -> int:
    """An amount of money in ``UNITS``, rounded half to even beyond four decimals."""
    return int((amount * UNITS).to_integral_value(ROUND_HALF_EVEN))


def money(amount: int) -> Decimal:
    """``UNITS`` back to an amount of money."""
    return Decimal(amount) / UNITS


def _order(orders: Orders, order_id: str) -> Order:
    key = hash_id(order_id)
    order = orders.get(key)
    if order is None:
        order = orders[key] = Order()
    return order


def _is_newer(order: Order, version: int, tie: int) -> bool:
    if not _UNKNOWN_VERSION < version <= _VERSION_MAX:
        raise ValueError("version must be a 64-bit integer")
    return (version, tie) > (order.version, order.tie)


def record_snapshot(orders: Orders, order_id: str, total: Decimal, version: int, event_id: UUID) -> None:
    """Take in a whole order as of ``version``; ``ValueError`` for a version beyond 64 bits."""
    order = _order(orders, order_id)
    tie = event_id.int >> 64
    if _is_newer(order, version, tie):
        order.version, order.tie, order.total, order.cancelled = version, tie, units(total), False


def record_payment(orders: Orders, order_id: str, paid_at_us: int) -> None:
    """Take in that an order was paid; the earliest payment stands."""
    order = _order(orders, order_id)
    order.paid_at_us = min(order.paid_at_us, paid_at_us)


def record_cancel(orders: Orders, order_id: str, version: int, event_id: UUID) -> None:
    """Take in a cancellation: the order is nothing until a snapshot with a newer version comes."""
    order = _order(orders, order_id)
    tie = event_id.int >> 64
    if _is_newer(order, version, tie):
        order.version, order.tie, order.total, order.cancelled = version, tie, 0, True


def record_refund(orders: Orders, order_id: str, refund_id: str, amount: Decimal) -> None:
    """Take in a refund; it may wait for its order. Of two amounts under one refund id the larger stands."""
    order, key = _order(orders, order_id), hash_id(refund_id)
    refunds = order.refunds = order.refunds or {}
    if key not in refunds and len(refunds) >= REFUNDS_MAX:
        raise ValueError(f"more than {REFUNDS_MAX} refunds of one order")
    refunds[key] = max(refunds.get(key, 0), units(amount))


def pack(orders: Orders) -> bytes:
    """The bytes of a customer's orders; the same orders give the same bytes."""
    parts = [_FORMAT]
    for key in sorted(orders):
        order = orders[key]
        flags, refunds = _CANCELLED if order.cancelled else 0, order.refunds or {}
        header = (key, order.version, order.tie, order.total, order.paid_at_us, flags, len(refunds))
        parts.append(_ORDER.pack(*header))
        if refunds:
            parts.extend(_REFUND.pack(*refund) for refund in sorted(refunds.items()))
    return b"".join(parts)


def unpack(data: bytes) -> Orders:
    """The orders in a pack; ``ValueError`` when the bytes are not one."""
    orders: Orders = {}
    if not data:
        return orders
    if data[:1] != _FORMAT:
        raise ValueError("not a pack of orders")
    offset, end = 1, len(data)
    while offset < end:
        order = Order()
        key, order.version, order.tie, order.total, order.paid_at_us, flags, refunds = _ORDER.unpack_from(data, offset)
        order.cancelled = bool(flags & _CANCELLED)
        offset += _ORDER.size
        if refunds:
            stop = offset + refunds * _REFUND.size
            order.refunds = dict(_REFUND.iter_unpack(data[offset:stop]))
            offset = stop
        orders[key] = order
    return orders
