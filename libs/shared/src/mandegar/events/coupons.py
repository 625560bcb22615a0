"""The data of the events that loyalty publishes about coupons."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct


class CouponsPooled(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Codes that the shop uploaded for a reward, sealed: only loyalty can read them.

    ``coupon_ids`` are the ids of the codes, in order; null: the shop had this code before.
    """

    reward: str
    batch_id: UUID
    coupon_ids: tuple[UUID | None, ...]
    sealed: str


class CouponIssued(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A customer has got a coupon. Its code is not here: ``coupon_id`` is a keyed hash of it.

    ``prefix`` begins a generated code; without one, and ``pooled``, the code is of a pool. ``terms`` are what the
    reward gives. If an ``occasion`` gave it, ``reward`` is its rule, and ``redemption_id`` the lot of the occasion.
    """

    coupon_id: UUID
    redemption_id: UUID
    reward: str
    kind: str
    terms: dict[str, Any]
    issued_at: datetime
    expires_at: datetime | None = None
    prefix: str = ""
    pooled: bool = False
    occasion: str | None = None


class CouponUsed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A coupon was used, for ``order_id`` if one was named. ``number`` counts how often it had come back before."""

    coupon_id: UUID
    reward: str
    at: datetime
    order_id: str | None = None
    total: Decimal | None = None
    number: int = 0


class CouponReturned(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A coupon can be used again: the order of its use ``number`` was cancelled or wholly refunded."""

    coupon_id: UUID
    reward: str
    at: datetime
    order_id: str
    number: int = 0
