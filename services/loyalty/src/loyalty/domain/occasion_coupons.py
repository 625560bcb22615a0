"""The coupons that occasions give: they follow from the lots of an account, and are issued when somebody asks for them.

A coupon that was issued stays, whatever becomes of the occasion. One that was not is nobody's: it is not given once the
occasion gives nothing any more, or the days of its use are over.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.act_rules import OccasionCoupon
from loyalty.domain.acts import ActLot
from loyalty.domain.lots import Lot
from loyalty.domain.orders import COUPON, Fact
from loyalty.domain.zones import ShopZones


class Given(NamedTuple):
    """The coupon of an occasion that came at ``at``, good until just before ``expires_at``.

    ``order_id`` is what the occasion is kept under. ``ids`` are those of its coupons: that of the lot, or those that
    were issued, which are several if ids of one person were given theirs before they were merged.
    """

    order_id: str
    lot_id: UUID
    rule: str
    coupon: OccasionCoupon
    currency: str
    at: int
    expires_at: int
    ids: tuple[UUID, ...]

    @property
    def terms(self) -> dict[str, object]:
        """The terms, as coupons have them."""
        terms: dict[str, object] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.coupon.terms
        }
        if terms.keys() & {"amount", "at_most", "minimum_spend"}:
            terms["currency"] = self.currency
        return terms


def given_by(lots: Iterable[Lot], zones: ShopZones, now: int) -> list[Given]:
    """The coupons of occasions that can be used at ``now``, in order of time."""
    found = []
    for lot in lots:
        if not isinstance(lot, ActLot) or lot.rule is None or lot.rule.coupon is None:
            continue
        coupon = lot.rule.coupon
        expires_at = zones.start_of(zones.day_of(lot.earned_at) + coupon.valid_days + 1)
        if lot.earned_at <= now < expires_at and (lot.coupons or not lot.reason):
            found.append(
                Given(
                    lot.order_id, lot.lot_id, lot.rule.name, coupon, lot.programme.currency, lot.earned_at, expires_at,
                    tuple([UUID(id_) for id_ in lot.coupons]) or (lot.lot_id,),
                )
            )  # fmt: skip
    return found


def issued_fact(at: int, coupon: UUID) -> Fact:
    """That the coupon of an occasion was issued."""
    return Fact(at, f"coupon|{coupon}", COUPON, 0, 0, str(coupon))
