"""What a club that moves in brings along, as ingest publishes it. Each is named for what it says."""

from datetime import timedelta
from typing import Any

from builders.events import CUSTOMER, HISTORY, NOON, SHOP, event
from mandegar.events import Event
from mandegar.events.coupon_codes import coupon_id, coupon_ids_key, normal_form
from mandegar.events.opening import CouponOpened, PointsOpened, TierGranted


def opened(lot_id: str, points: int, *, until: float | None = None, name: str = "", **more: Any) -> Event:
    """Points that a customer has brought along, usable until the last day, so many days after noon."""
    last_day = None if until is None else (NOON + timedelta(days=until)).date()
    data = PointsOpened(lot_id=lot_id, points=points, last_day=last_day)
    values = {"backfill": True, "source": HISTORY, **more}
    return event("points.opened", data, name=name or f"{lot_id}-{points}", **values)


def granted(tier: str, *, until: float, name: str = "", **more: Any) -> Event:
    """A tier that is held until so many days after noon."""
    data = TierGranted(tier=tier, until=NOON + timedelta(days=until))
    values = {"backfill": True, "source": HISTORY, **more}
    return event("tier.granted", data, name=name or f"{tier}-{until}", **values)


def coupon_opened(
    code: str, *, key: bytes, days: float = 0, customer: str = CUSTOMER, name: str = "", **data: Any
) -> Event:
    """A coupon that a customer has brought along, told so many days after noon."""
    id_ = coupon_id(SHOP, normal_form(code), coupon_ids_key(key))
    told = CouponOpened(coupon_id=id_, **{"reward": "opened", "currency": "EUR", **data})
    more = {"backfill": True, "source": HISTORY, "customer": customer}
    return event("coupon.opened", told, name=name or f"{code}-{days}", days=days, **more)
