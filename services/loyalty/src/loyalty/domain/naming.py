"""What gave points, by the ids of the shop: facts are kept under ids that tell orders from what is no order."""

from typing import NamedTuple

from loyalty.domain.acts import Act, act_of
from loyalty.domain.opening import brought_lot, granted_tier


class Named(NamedTuple):
    """One of them is set: an order, a lot that was brought along, a granted tier, another act of the customer."""

    order_id: str | None = None
    opening_id: str | None = None
    tier: str | None = None
    act: Act | None = None


def named(order_id: str) -> Named:
    """What is kept under an id."""
    lot, tier, act = brought_lot(order_id), granted_tier(order_id), act_of(order_id)
    is_order = lot is None and tier is None and act is None
    return Named(order_id if is_order else None, lot, tier, act)
