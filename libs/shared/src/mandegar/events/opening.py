"""Data of the events about what a club that moves in brings along: points, tiers and coupons of its customers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mandegar.events.ingest import Currency, Id, Microseconds, require_amount

POINTS_MAX = 10**15


class PointsOpened(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Points that the customer brings along from another club, as of the event's time. They are usable from then on.

    Under the same ``lot_id`` the event written later counts; ``points`` of 0 take the lot back. They expire at
    ``expires_at``, or with ``last_day``, a day of the shop; without both never. ``earned_at`` is when they were earned
    in the other club. ``written_at`` as in ``OrderSnapshot``.
    """

    lot_id: Id
    points: Annotated[int, Meta(ge=0, le=POINTS_MAX)]
    earned_at: datetime | None = None
    expires_at: datetime | None = None
    last_day: date | None = None
    written_at: Microseconds | None = None


class TierGranted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer holds at least ``tier`` from the event's time until ``until``.

    Of the same tier the event written later counts. ``tier`` names a level of the shop's programme: by its name if that
    looks like an id, else by its place from 1. ``written_at`` as in ``OrderSnapshot``.
    """

    tier: Id
    until: datetime
    written_at: Microseconds | None = None


class CouponOpened(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A coupon that the customer brings along from another system, as of the event's time; it can be used once.

    ``coupon_id`` stands for its code (``coupon_codes.coupon_id``). It takes ``amount`` off, or ``percent``, with
    ``at_most`` as the most; with neither, shipping is free. Amounts are in ``currency``. Of one coupon the later event
    counts. Without ``expires_at`` it does not expire.
    """

    coupon_id: UUID
    reward: Id
    currency: Currency
    amount: Decimal | None = None
    percent: Decimal | None = None
    at_most: Decimal | None = None
    minimum_spend: Decimal | None = None
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("amount", "percent", "at_most", "minimum_spend"):
            if (amount := getattr(self, name)) is not None:
                require_amount(amount, name)
