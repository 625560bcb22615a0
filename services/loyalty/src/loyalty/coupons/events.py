"""The events that loyalty publishes about coupons. None of them has a code that anybody else can read."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from loyalty.coupons.rows import BatchRow, IssuedRow, PooledRow
from loyalty.coupons.use_rows import ReturnedRow, UsedRow
from loyalty.domain.ids import NAME
from mandegar.events import CustomerKey, Event
from mandegar.events.coupons import CouponIssued, CouponReturned, CouponsPooled, CouponUsed
from mandegar.events.derived import Origin, derived_event


def pooled_event(batch: BatchRow, rows: Sequence[PooledRow], added: Collection[UUID], now: datetime) -> Event:
    """``coupons.pooled``: the codes of one batch, sealed, of which some were ``added``."""
    ids = tuple(row.coupon_id if row.coupon_id in added else None for row in rows)
    return derived_event(
        NAME,
        "coupons.pooled",
        CouponsPooled(reward=rows[0].reward, batch_id=batch.batch_id, coupon_ids=ids, sealed=batch.sealed),
        about=batch.shop,
        cause=Origin(),
        now=now,
        id_from=f"coupons|{batch.shop}|{batch.batch_id}",
    )


def issued_event(row: IssuedRow, occasion: str | None = None) -> Event:
    """``coupon.issued``; ``occasion`` is what the occasion that gave it is kept under."""
    data = CouponIssued(
        coupon_id=row.coupon_id,
        redemption_id=row.redemption_id,
        reward=row.reward,
        kind=row.kind,
        terms=dict(row.terms),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        prefix=row.prefix or "",
        pooled=row.prefix is None,
        occasion=occasion,
    )
    return derived_event(
        NAME,
        "coupon.issued",
        data,
        about=CustomerKey(row.shop, row.customer_id),
        cause=Origin(),
        now=row.issued_at,
        id_from=f"coupon|{row.shop}|{row.redemption_id}",
    )


def used_event(row: UsedRow, customer_id: str) -> Event:
    """``coupon.used``."""
    data = CouponUsed(
        coupon_id=row.coupon_id,
        reward=row.reward,
        at=row.used_at,
        order_id=row.used_for,
        total=row.used_total,
        number=row.used_number,
    )
    return derived_event(
        NAME,
        "coupon.used",
        data,
        about=CustomerKey(row.shop, customer_id),
        cause=Origin(),
        now=row.used_at,
        id_from=f"coupon|{row.shop}|{row.coupon_id}|used" + (f"|{row.used_number}" if row.used_number else ""),
    )


def returned_event(row: ReturnedRow, now: datetime) -> Event:
    """``coupon.returned``."""
    data = CouponReturned(
        coupon_id=row.coupon_id, reward=row.reward, at=now, order_id=row.order_id, number=row.used_number
    )
    return derived_event(
        NAME,
        "coupon.returned",
        data,
        about=CustomerKey(row.shop, row.customer_id),
        cause=Origin(),
        now=now,
        id_from=f"coupon|{row.shop}|{row.coupon_id}|returned|{row.used_number}",
    )
