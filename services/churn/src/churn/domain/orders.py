"""A customer's orders, and what events say about them; what an order is worth is the law of ``mandegar.events.orders``.

Orders and refunds are named by 64-bit hashes. ``churn.domain.packing`` writes them to a row.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import TypeAlias

from mandegar.events.orders import NetOrder, number_of, says

# Amounts are whole ten-thousandths of the currency's unit: exact to compare, 8 bytes each.
UNITS = 10_000

Order: TypeAlias = NetOrder[int]
Orders: TypeAlias = dict[int, Order]

_TIME_MIN = -(2**63)
_VERSION_MAX = 2**63 - 1
REFUNDS_MAX = 65_535


@lru_cache(maxsize=4096)  # an event names its order several times on its way
def hash_id(text: str) -> int:
    """The 64-bit name of an order or refund inside one customer's pack."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def units(amount: Decimal) -> int:
    """An amount of money in ``UNITS``, rounded half to even beyond four decimals."""
    return int((amount * UNITS).to_integral_value(ROUND_HALF_EVEN))


def money(amount: int) -> Decimal:
    """``UNITS`` back to an amount of money."""
    return Decimal(amount) / UNITS


def record_snapshot(
    orders: Orders, order_id: str, total: Decimal, version: int, written_us: int, stage: int, status: str | None = None
) -> None:
    """Take in a whole order as it was written at ``written_us``; ``ValueError`` for a version beyond 64 bits."""
    order = _order(orders, order_id, version)
    order.snapshot(written_us, number_of(version, written_us), stage, units(total), says(stage, status))


def record_payment(orders: Orders, order_id: str, paid_at_us: int) -> None:
    """Take in that an order was paid."""
    _order(orders, order_id).pay(paid_at_us)


def record_cancel(orders: Orders, order_id: str, version: int, written_us: int) -> None:
    """Take in a cancellation; ``ValueError`` for a version beyond 64 bits."""
    _order(orders, order_id, version).cancel(written_us, number_of(version, written_us))


def record_move(orders: Orders, order_id: str) -> None:
    """Take in that the order is another customer's."""
    _order(orders, order_id).move()


def record_refund(orders: Orders, order_id: str, refund_id: str, amount: Decimal, written_us: int) -> None:
    """Take in a refund; ``ValueError`` for one more than a pack has room for."""
    order, key = _order(orders, order_id), hash_id(refund_id)
    if order.refunds and len(order.refunds) >= REFUNDS_MAX and key not in order.refunds:
        raise ValueError(f"more than {REFUNDS_MAX} refunds of one order")
    order.refund(key, written_us, units(amount))


def _order(orders: Orders, order_id: str, version: int = 0) -> Order:
    if not _TIME_MIN < version <= _VERSION_MAX:
        raise ValueError("version must be a 64-bit integer")
    key = hash_id(order_id)
    order = orders.get(key)
    if order is None:
        order = orders[key] = NetOrder()
    return order
