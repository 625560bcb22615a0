"""What gave points, by the ids of the shop: facts are kept under ids that tell orders from what is no order."""

from typing import NamedTuple
from uuid import UUID

from loyalty.domain.acts import Act, act_of
from loyalty.domain.opening import adjustment_of, brought_lot, granted_tier
from loyalty.domain.referral_facts import referral_of


class Named(NamedTuple):
    """One of them is set: an order, a lot that was brought along, a granted tier, another act of the customer, an
    adjustment by staff, a referral (``friend``, or the id of one that the customer made).
    """

    order_id: str | None = None
    opening_id: str | None = None
    tier: str | None = None
    act: Act | None = None
    adjustment_id: UUID | None = None
    referral: str | None = None


def named(order_id: str) -> Named:
    """What is kept under an id."""
    lot, tier, act = brought_lot(order_id), granted_tier(order_id), act_of(order_id)
    adjustment, referral = adjustment_of(order_id), referral_of(order_id)
    is_order = lot is None and tier is None and act is None and adjustment is None and referral is None
    return Named(order_id if is_order else None, lot, tier, act, adjustment, referral)
