"""How points of a lot move: a hold ends, points expire, are taken back, reserved, spent and released."""

from collections.abc import Sequence
from uuid import UUID

from loyalty.domain.lots import (
    ACTIVATE,
    ADJUST,
    AVAILABLE,
    DEBT,
    EXPIRE,
    HOLD,
    PENDING,
    RELEASE,
    REPAY,
    RESERVED,
    REVERSE,
    SPEND,
    TAKEN,
    Lot,
)
from loyalty.domain.opening import BroughtLot
from loyalty.domain.orders import Step


def activate(lot: Lot, cause: str, at: int, debt: int) -> int:
    """End the hold: pending points become usable and repay ``debt`` first. Returns the remaining debt."""
    points = lot.pending
    if not points:
        return debt
    lot.pending = 0
    lot.available += points
    lot.post(ACTIVATE, AVAILABLE, cause, points, at)
    return _repay(lot, cause, at, debt)


def restate(lots: Sequence[Lot], lot: BroughtLot, step: Step, debt: int, room: int) -> int:
    """Add, up to ``room``, or take back what a step changes in a lot that was brought along. Returns the debt."""
    difference = min(lot.stated[step] - lot.given, room)
    lot.given += difference
    if difference < 0:
        return take_back(lots, lot, -difference, step, debt)
    if difference:
        lot.available += difference
        lot.post(lot.gives, AVAILABLE, step.cause, difference, step.at)
        debt = _repay(lot, step.cause, step.at, debt)
    if lot.expires_at is not None and step.at >= lot.expires_at:
        expire(lot, step.cause, step.at)
    return debt


def _repay(lot: Lot, cause: str, at: int, debt: int) -> int:
    repaid = min(debt, lot.available)
    if repaid:
        lot.available -= repaid
        lot.post(REPAY, DEBT, cause, -repaid, at)
    return debt - repaid


def expire(lot: Lot, cause: str, at: int) -> None:
    """Expire the usable points of a lot."""
    if lot.available:
        lot.post(EXPIRE, AVAILABLE, cause, -lot.available, at)
        lot.expired += lot.available
        lot.available = 0


def take_back(lots: Sequence[Lot], lot: Lot, points: int, step: Step, debt: int) -> int:
    """Take points back from this lot's pending points, then its usable ones, then other lots. Returns the debt.

    Expired points of this lot were never used: they are restored and taken back in the same step, and nothing else is
    taken in their place.
    """
    taken = min(points, lot.pending)
    if taken:
        lot.pending -= taken
        points -= taken
        lot.post(REVERSE, PENDING, step.cause, -taken, step.at)
    restored = min(max(points - lot.available, 0), lot.expired)
    if restored:
        lot.expired -= restored
        lot.available += restored
        lot.post(EXPIRE, AVAILABLE, step.cause, restored, step.at)
    lot.shared = lot.shared or lot.available < points
    sources = [lot] if lot.available >= points else [lot, *sorted(lots, key=spending_order)]
    for source in sources:
        taken = min(points, source.available)
        if taken:
            source.available -= taken
            points -= taken
            source.post(REVERSE, AVAILABLE, step.cause, -taken, step.at)
    if points:
        lot.post(REVERSE, DEBT, step.cause, -points, step.at)
    return debt + points


def hold(
    lots: Sequence[Lot], lot: Lot, points: int, cause: str, at: int, debt: int
) -> tuple[list[tuple[Lot, int]], int]:
    """Reserve points that a redemption was given of this lot. Returns from which lots they are, and the debt.

    A redemption is given what is there. Where a late event leaves the lot short of it, points of it that expired in the
    meantime are restored, then other lots give, in spending order; what nobody has is owed.
    """
    restored = min(max(points - lot.available, 0), lot.expired)
    if restored:
        lot.expired -= restored
        lot.available += restored
        lot.post(EXPIRE, AVAILABLE, cause, restored, at)
    drawn: list[tuple[Lot, int]] = []
    lot.shared = lot.shared or lot.available < points
    others = sorted((each for each in lots if each is not lot), key=spending_order) if lot.available < points else []
    for source in (lot, *others):
        taken = min(points, source.available)
        if taken:
            source.available -= taken
            source.held += taken
            points -= taken
            source.post(HOLD, RESERVED, cause, taken, at)
            drawn.append((source, taken))
    if points:
        lot.held += points
        lot.post(HOLD, DEBT, cause, points, at)
        drawn.append((lot, points))
    return drawn, debt + points


def take(lots: Sequence[Lot], lot: Lot, points: int, cause: str, at: int, debt: int) -> int:
    """Take points that staff took of this lot. Returns the debt.

    Where a late event leaves the lot short of them, it is as with ``hold``.
    """
    restored = min(max(points - lot.available, 0), lot.expired)
    if restored:
        lot.expired -= restored
        lot.available += restored
        lot.post(EXPIRE, AVAILABLE, cause, restored, at)
    lot.shared = lot.shared or lot.available < points
    others = sorted((each for each in lots if each is not lot), key=spending_order) if lot.available < points else []
    for source in (lot, *others):
        taken = min(points, source.available)
        if taken:
            source.available -= taken
            points -= taken
            source.post(ADJUST, TAKEN, cause, -taken, at)
    if points:
        lot.post(ADJUST, DEBT, cause, -points, at)
    return debt + points


def spend(lot: Lot, points: int, cause: str, at: int) -> None:
    """Spend reserved points."""
    lot.held -= points
    lot.post(SPEND, RESERVED, cause, -points, at)


def release(lot: Lot, points: int, cause: str, at: int, debt: int) -> int:
    """Reserved points are usable again, as long as the lot is. Returns the debt."""
    lot.held -= points
    lot.post(RELEASE, AVAILABLE, cause, points, at)
    return _come_back(lot, points, cause, at, debt)


def return_points(lot: Lot, points: int, cause: str, at: int, debt: int) -> int:
    """Spent points come back to their lot, and are usable as long as it is. Returns the debt."""
    if not points:
        return debt
    lot.post(SPEND, AVAILABLE, cause, points, at)
    return _come_back(lot, points, cause, at, debt)


def _come_back(lot: Lot, points: int, cause: str, at: int, debt: int) -> int:
    lot.available += points
    lot.freed_at = at
    debt = _repay(lot, cause, at, debt)
    if lot.expires_at is not None and at >= lot.expires_at:
        expire(lot, cause, at)
    return debt


def spending_order(lot: Lot) -> tuple[bool, int, int, UUID]:
    """Sort key: the lot with the earliest expiry gives points first, then the oldest."""
    return (lot.expires_at is None, lot.expires_at or 0, lot.earned_at, lot.lot_id)
