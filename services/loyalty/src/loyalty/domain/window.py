"""Where the tier of a remembered account ends, after news of some orders."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from loyalty.domain.account import Order
from loyalty.domain.lots import Lot
from loyalty.domain.programme import Programme
from loyalty.domain.remembered import Remembered
from loyalty.domain.spend import Falls

_FIRST_LOT = UUID(int=0)


def moved_falls(
    past: Remembered, orders: Iterable[Order], lots: Mapping[str, Lot], programme: Programme, now: int
) -> Falls:
    """The remembered place in the window, with the spend that is before it now."""
    left = now - programme.window
    if past.falls is None or past.falls.earned_at <= left:
        return Falls(left + 1, _FIRST_LOT, 0)
    place, before = past.falls[:2], past.falls.before
    for order in orders:
        lot, mark = lots.get(order.order_id), order.mark
        if mark is not None and mark.earned_at is not None and mark.earned_at > past.settled_at - programme.window:
            before -= mark.net if (mark.earned_at, order.lot_id) < place else 0
        if lot is not None and lot.earned_at > left:
            before += lot.net if (lot.earned_at, lot.lot_id) < place else 0
    return Falls(*place, before)
