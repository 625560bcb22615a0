"""A customer's orders in a few dozen bytes each; what an order is worth is the law of ``mandegar.events.orders``.

Orders and refunds are named by 64-bit hashes, events by the first 64 bits of their ids. An order takes 43 bytes, each
refund 32: its time and event are kept because a correction may arrive before the amount that it corrects.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b
from struct import Struct
from typing import Final, TypeAlias
from uuid import UUID

from mandegar.events.orders import NetOrder, Refund

# Amounts are whole ten-thousandths of the currency's unit: exact to compare, 8 bytes each.
UNITS = 10_000

Order: TypeAlias = NetOrder[int]
Orders: TypeAlias = dict[int, Order]

_FORMAT = b"\x02"
_FORMAT_UNDATED = b"\x01"  # refunds without time and event: any event heard of later stands over such an amount
_ORDER = Struct("<QqQQqBH")
_REFUND = Struct("<QqQQ")
_REFUND_UNDATED = Struct("<QQ")
_CANCELLED = 1
_UNDATED: Final = -(2**63)
_VERSION_NONE: Final = -(2**63)
_VERSION_MAX = 2**63 - 1
REFUNDS_MAX = 65_535


def hash_id(text: str) -> int:
    """The 64-bit name of an order or refund inside one customer's pack."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def units(amount: Decimal) -> int:
    """An amount of money in ``UNITS``, rounded half to even beyond four decimals."""
    return int((amount * UNITS).to_integral_value(ROUND_HALF_EVEN))


def money(amount: int) -> Decimal:
    """``UNITS`` back to an amount of money."""
    return Decimal(amount) / UNITS


def record_snapshot(orders: Orders, order_id: str, total: Decimal, version: int, event_id: UUID) -> None:
    """Take in a whole order as of ``version``; ``ValueError`` for a version beyond 64 bits."""
    _require_version(version)
    _order(orders, order_id).snapshot(version, event_id.int >> 64, units(total))


def record_payment(orders: Orders, order_id: str, paid_at_us: int) -> None:
    """Take in that an order was paid."""
    _order(orders, order_id).pay(paid_at_us)


def record_cancel(orders: Orders, order_id: str, version: int, event_id: UUID) -> None:
    """Take in a cancellation; ``ValueError`` for a version beyond 64 bits."""
    _require_version(version)
    _order(orders, order_id).snapshot(version, event_id.int >> 64, 0, cancelled=True)


def record_refund(orders: Orders, order_id: str, refund_id: str, amount: Decimal, at_us: int, event_id: UUID) -> None:
    """Take in a refund; ``ValueError`` for one more than a pack has room for."""
    order, key = _order(orders, order_id), hash_id(refund_id)
    if order.refunds and len(order.refunds) >= REFUNDS_MAX and key not in order.refunds:
        raise ValueError(f"more than {REFUNDS_MAX} refunds of one order")
    order.refund(key, at_us, event_id.int >> 64, units(amount))


def pack(orders: Orders) -> bytes:
    """The bytes of a customer's orders; the same orders give the same bytes."""
    parts = [_FORMAT]
    for key in sorted(orders):
        order = orders[key]
        flags, refunds = _CANCELLED if order.cancelled else 0, order.refunds or {}
        version = max(order.version, _VERSION_NONE)
        parts.append(_ORDER.pack(key, version, order.event_id, order.total, order.paid_at, flags, len(refunds)))
        if refunds:
            parts.extend(_REFUND.pack(name, *refunds[name]) for name in sorted(refunds))
    return b"".join(parts)


def unpack(data: bytes) -> Orders:
    """The orders in a pack; ``ValueError`` when the bytes are not one."""
    orders: Orders = {}
    if not data:
        return orders
    if data[:1] not in {_FORMAT, _FORMAT_UNDATED}:
        raise ValueError("not a pack of orders")
    offset, end = 1, len(data)
    while offset < end:
        order = NetOrder(0)
        key, order.version, order.event_id, order.total, order.paid_at, flags, refunds = _ORDER.unpack_from(
            data, offset
        )
        order.cancelled = bool(flags & _CANCELLED)
        offset += _ORDER.size
        if refunds:
            size = (_REFUND if data[:1] == _FORMAT else _REFUND_UNDATED).size
            stop = offset + refunds * size
            order.refunds = _refunds(data[offset:stop], dated=data[:1] == _FORMAT)
            order.refunded = sum(refund.amount for refund in order.refunds.values())
            offset = stop
        orders[key] = order
    return orders


def _refunds(data: bytes, *, dated: bool) -> dict[int, Refund[int]]:
    if dated:
        return {key: Refund(*refund) for key, *refund in _REFUND.iter_unpack(data)}
    return {key: Refund(_UNDATED, 0, amount) for key, amount in _REFUND_UNDATED.iter_unpack(data)}


def _order(orders: Orders, order_id: str) -> Order:
    key = hash_id(order_id)
    order = orders.get(key)
    if order is None:
        order = orders[key] = NetOrder(0)
    return order


def _require_version(version: int) -> None:
    if not _VERSION_NONE < version <= _VERSION_MAX:
        raise ValueError("version must be a 64-bit integer")
