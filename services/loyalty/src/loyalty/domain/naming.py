"""What gave points, by the ids of the shop: facts are kept under ids that tell orders from what is no order."""

from typing import NamedTuple
from uuid import UUID

from loyalty.domain.acts import Act, act_of
from loyalty.domain.opening import adjustment_of, brought_lot, granted_tier


class Named(NamedTuple):
    """One of them is set: an order, a lot that was brought along, a granted tier, another act of the customer, an
    adjustment by staff.
    """

    order_id: str | None = None
    opening_id: str | None = None
    tier: str | None = None
    act: Act | None = None
    adjustment_id: UUID | None = None


def named(order_id: str) -> Named:
    """What is kept under an id."""
    lot, tier, act = brought_lot(order_id), granted_tier(order_id), act_of(order_id)
    adjustment = adjustment_of(order_id)
    is_order = lot is None and tier is None and act is None and adjustment is None
    return Named(order_id if is_order else None, lot, tier, act, adjustment)
