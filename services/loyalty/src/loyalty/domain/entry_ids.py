"""Ids of ledger entries. An id is derived from the key of its entry, so a key can be recovered from a published id."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from loyalty.domain.lots import (
    ACTIVATE,
    AVAILABLE,
    BY_TIME,
    DEBT,
    EARN,
    EXPIRE,
    PENDING,
    REPAY,
    REVERSE,
    EntryKey,
)
from loyalty.domain.posting import Posted
from mandegar.events.envelope import derived_id

_BUCKETS = {
    EARN: (PENDING,),
    ACTIVATE: (AVAILABLE,),
    REPAY: (DEBT,),
    EXPIRE: (AVAILABLE,),
    REVERSE: (PENDING, AVAILABLE, DEBT),
}


def entry_id(lot_id: UUID, key: EntryKey, nth: int) -> UUID:
    """The id of the ``nth`` entry of a lot under ``key``: the same on any replica and in any retry."""
    kind, bucket, cause = key
    return derived_id("loyalty", f"{lot_id}|{kind}|{bucket}|{cause}", "points.posted", nth)


def key_of(
    published_id: UUID, lot_id: UUID, kind: str, posted: Mapping[EntryKey, Posted], causes: Iterable[str]
) -> EntryKey | None:
    """The key whose next id after ``posted`` is ``published_id``, caused by time or one of ``causes``; else None."""
    for cause in (BY_TIME, *causes):
        for bucket in _BUCKETS.get(kind, ()):
            key = (kind, bucket, cause)
            previous = posted.get(key)
            if entry_id(lot_id, key, 0 if previous is None else previous.times) == published_id:
                return key
    return None
