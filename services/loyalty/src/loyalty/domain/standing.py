"""Which orders are worth something: the first of a customer is the one that is paid while none is."""

from collections.abc import Iterable, Mapping

from loyalty.domain.account import Order
from loyalty.domain.lots import Lot
from loyalty.domain.programme import Programme
from loyalty.domain.remembered import Mark, Remembered
from loyalty.domain.spend import net_before


def depend(programme: Programme) -> bool:
    """Whether what an order earns depends on other orders."""
    return len(programme.tiers) > 1 or programme.asks_first


def know_first(lot: Lot, mark: Mark | None) -> None:
    """Set whether an order that was paid before was the first of its customer."""
    if lot.purchase is not None and mark is not None:
        lot.purchase.first = bool(mark.is_first)


def standing_before(begin: int, orders: Iterable[Order], lots: Mapping[str, Lot], past: Remembered) -> int:
    """How many orders were worth something just before ``begin``, by those of which something has changed since."""
    standing = past.standing
    for order in orders:
        lot, mark = lots.get(order.order_id), order.mark
        standing -= mark is not None and mark.net > 0
        standing += lot is not None and net_before(lot, begin) > 0
    return standing


def standing_since(begin: int, lots: Iterable[Lot]) -> int:
    """How many more orders are worth something than just before ``begin``."""
    return sum([(lot.net > 0) - (net_before(lot, begin) > 0) for lot in lots])
