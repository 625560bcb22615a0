"""The event that tells of a change of a redemption, with all that a rebuild needs."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from loyalty.domain.ids import NAME
from loyalty.domain.money import credit_amount
from loyalty.domain.purse import Part
from loyalty.redemptions.rows import RedemptionRow, of_credit, of_points, unpack_parts
from loyalty.redemptions.rules import change_id
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.loyalty import RedeemedCredit, RedeemedPoints, RedemptionChange, RedemptionChanged, RewardTaken
from mandegar.quantities import from_us


def changed_event(
    row: RedemptionRow,
    change: str,
    at: datetime,
    place: int,
    given_back: Sequence[Part] = (),
    return_reference: str | None = None,
    reward: RewardTaken | None = None,
) -> Event:
    """``redemption.changed`` of a redemption that is as ``row`` says after the change."""
    parts = unpack_parts(row.lots)
    data = RedemptionChanged(
        redemption_id=row.redemption_id,
        change=cast("RedemptionChange", change),
        points=row.points,
        lots=_told(of_points(parts)),
        at=at,
        place=place,
        reserved_at=row.reserved_at,
        expires_at=row.expires_at,
        order_id=row.order_id,
        reference=row.reference,
        given_back=_told(of_points(given_back)),
        returned=row.returned,
        return_reference=return_reference,
        reward=reward,
        discount=row.discount,
        currency=row.currency,
        paid_points=row.paid_points,
        credit=None if row.credit is None else credit_amount(row.credit),
        credit_lots=_told_of_credit(of_credit(parts)),
        credit_given_back=_told_of_credit(of_credit(given_back)),
        credit_returned=credit_amount(row.credit_returned) if row.credit is not None else None,
    )
    return derived_event(
        NAME,
        "redemption.changed",
        data,
        about=CustomerKey(row.shop, row.customer_id),
        cause=Origin(),
        now=at,
        id_from=change_id(row.redemption_id, change, return_reference or ""),
    )


def _told(parts: Sequence[Part]) -> tuple[RedeemedPoints, ...]:
    return tuple(
        [
            RedeemedPoints(
                lot_id=part.lot_id,
                earned_by=part.order_id,
                points=part.points,
                earned_at=from_us(part.earned_at),
                expires_at=None if part.expires_at is None else from_us(part.expires_at),
            )
            for part in parts
        ]
    )


def _told_of_credit(parts: Sequence[Part]) -> tuple[RedeemedCredit, ...]:
    return tuple(
        [
            RedeemedCredit(
                lot_id=part.lot_id,
                earned_by=part.order_id,
                amount=credit_amount(part.points),
                earned_at=from_us(part.earned_at),
                expires_at=None if part.expires_at is None else from_us(part.expires_at),
            )
            for part in parts
        ]
    )
