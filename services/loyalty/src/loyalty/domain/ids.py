"""The name of this service, and the ids that it derives: of lots, and of ledger entries."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from loyalty.domain.lots import (
    ACTIVATE,
    ADJUST,
    AVAILABLE,
    BY_TIME,
    DEBT,
    EARN,
    EXPIRE,
    HOLD,
    OPEN,
    PENDING,
    RELEASE,
    REPAY,
    RESERVED,
    REVERSE,
    SPEND,
    TAKEN,
    EntryKey,
)
from loyalty.domain.posting import Posted
from loyalty.domain.units import is_credit, without_unit
from mandegar.events import CustomerKey, derived_id

NAME = "loyalty"

_BUCKETS = {
    EARN: (PENDING,),
    OPEN: (AVAILABLE,),
    ACTIVATE: (AVAILABLE,),
    REPAY: (DEBT,),
    EXPIRE: (AVAILABLE,),
    REVERSE: (PENDING, AVAILABLE, DEBT),
    HOLD: (RESERVED, DEBT),
    SPEND: (RESERVED, AVAILABLE),
    RELEASE: (AVAILABLE,),
    ADJUST: (AVAILABLE, TAKEN, DEBT),
}


def lot_id(customer: CustomerKey, order_id: str, readmission: int | None = None) -> UUID:
    """The id of an order's lot: the same on any replica and in any retry.

    A customer who was erased begins anew with each ``readmission``: what was posted and published before is none of
    theirs, so the same order gets a lot of other ids.
    """
    if is_credit(order_id):
        return credit_lot_id(lot_id(customer, without_unit(order_id), readmission))
    kind = "lot" if readmission is None else f"lot {readmission}"
    return derived_id(NAME, f"{customer.shop}:{customer.customer_id}|{order_id}", kind)


def credit_lot_id(lot: UUID) -> UUID:
    """The id of the lot of credit beside a lot of points."""
    return derived_id(NAME, str(lot), "credit")


def entry_id(lot: UUID, key: EntryKey, nth: int) -> UUID:
    """The id of the ``nth`` entry of a lot under ``key``: the same on any replica and in any retry."""
    kind, bucket, cause = key
    return derived_id(NAME, f"{lot}|{kind}|{bucket}|{cause}", "points.posted", nth)


def key_of(
    published_id: UUID, lot: UUID, kind: str, posted: Mapping[EntryKey, Posted], causes: Iterable[str]
) -> EntryKey | None:
    """The key of a published entry: the key whose next id after ``posted`` is ``published_id``.

    Keys caused by time and by ``causes`` are tried; None if none of them fits.
    """
    for cause in (BY_TIME, *causes):
        for bucket in _BUCKETS.get(kind, ()):
            key = (kind, bucket, cause)
            previous = posted.get(key)
            if entry_id(lot, key, 0 if previous is None else previous.times) == published_id:
                return key
    return None
