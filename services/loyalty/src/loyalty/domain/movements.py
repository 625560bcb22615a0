"""How points of a lot move: they become usable, go unused, or are taken back."""

from collections.abc import Sequence
from uuid import UUID

from loyalty.domain import lots as words
from loyalty.domain.lots import Lot
from loyalty.domain.orders import Step


def activate(lot: Lot, cause: str, at: int, debt: int) -> int:
    """The hold has ended: what waited is usable, and repays ``debt`` first; the debt that is left."""
    points = lot.pending
    if not points:
        return debt
    lot.pending = 0
    lot.available += points
    lot.post(words.ACTIVATE, words.AVAILABLE, cause, points, at)
    repaid = min(debt, lot.available)
    if repaid:
        lot.available -= repaid
        lot.post(words.REPAY, words.DEBT, cause, -repaid, at)
    return debt - repaid


def expire(lot: Lot, cause: str, at: int) -> None:
    """What is left of the lot is gone."""
    if lot.available:
        lot.post(words.EXPIRE, words.AVAILABLE, cause, -lot.available, at)
        lot.expired += lot.available
        lot.available = 0


def take_back(lots: Sequence[Lot], lot: Lot, points: int, step: Step, debt: int) -> int:
    """Take points back: from what this lot still waits for, then has, then from other lots; the rest is owed.

    What has expired of this lot was never used: it comes back for an instant and counts as taken back.
    """
    taken = min(points, lot.pending)
    if taken:
        lot.pending -= taken
        points -= taken
        lot.post(words.REVERSE, words.PENDING, step.cause, -taken, step.at)
    revived = min(max(points - lot.available, 0), lot.expired)
    if revived:
        lot.expired -= revived
        lot.available += revived
        lot.post(words.EXPIRE, words.AVAILABLE, step.cause, revived, step.at)
    sources = [lot] if lot.available >= points else [lot, *sorted(lots, key=spending_order)]
    for source in sources:
        taken = min(points, source.available)
        if taken:
            source.available -= taken
            points -= taken
            source.post(words.REVERSE, words.AVAILABLE, step.cause, -taken, step.at)
    if points:
        lot.post(words.REVERSE, words.DEBT, step.cause, -points, step.at)
    return debt + points


def spending_order(lot: Lot) -> tuple[bool, int, int, UUID]:
    """Sorts lots by who goes first: the earliest expiry, then the oldest."""
    return (lot.expires_at is None, lot.expires_at or 0, lot.earned_at, lot.lot_id)
