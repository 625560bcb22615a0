"""What gave points, by the ids of the shop: facts are kept under ids that tell orders from what is no order."""

from typing import NamedTuple
from uuid import UUID

from loyalty.domain.acts import Act, act_of
from loyalty.domain.attained import Attained, attained_of
from loyalty.domain.opening import adjustment_of, brought_lot, granted_tier
from loyalty.domain.referral_facts import referral_of
from loyalty.domain.units import is_credit, without_unit


class Named(NamedTuple):
    """One of the first is set: an order, a lot that was brought along, a granted tier, another act of the customer, an
    adjustment by staff, a referral (``friend``, or the id of one that the customer made), a completed challenge.
    Credit in money is named by what earned it.
    """

    order_id: str | None = None
    opening_id: str | None = None
    tier: str | None = None
    act: Act | None = None
    adjustment_id: UUID | None = None
    referral: str | None = None
    attained: Attained | None = None
    is_credit: bool = False


def named(order_id: str) -> Named:
    """What is kept under an id."""
    if is_credit(order_id):
        return named(without_unit(order_id))._replace(is_credit=True)
    lot, tier, act = brought_lot(order_id), granted_tier(order_id), act_of(order_id)
    adjustment, referral, attained = adjustment_of(order_id), referral_of(order_id), attained_of(order_id)
    is_order = all(each is None for each in (lot, tier, act, adjustment, referral, attained))
    return Named(order_id if is_order else None, lot, tier, act, adjustment, referral, attained)
