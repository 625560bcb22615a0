"""The key of an entry that was published: its id follows from it, so it can be found again."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from loyalty.domain import lots as words
from loyalty.domain.lots import EntryKey
from loyalty.domain.posting import Posted
from mandegar.events.envelope import derived_id

_BUCKETS = {
    words.EARN: (words.PENDING,),
    words.ACTIVATE: (words.AVAILABLE,),
    words.REPAY: (words.DEBT,),
    words.EXPIRE: (words.AVAILABLE,),
    words.REVERSE: (words.PENDING, words.AVAILABLE, words.DEBT),
}


def entry_id(lot_id: UUID, key: EntryKey, nth: int) -> UUID:
    """The id of the ``nth`` entry of a lot under ``key``: the same on any replica and in any retry."""
    kind, bucket, cause = key
    return derived_id("loyalty", f"{lot_id}|{kind}|{bucket}|{cause}", "points.posted", nth)


def key_of(
    known_id: UUID, lot_id: UUID, kind: str, posted: Mapping[EntryKey, Posted], causes: Iterable[str]
) -> EntryKey | None:
    """The key under which an entry was posted behind ``posted``, caused by time or one of ``causes``; None: by none."""
    for cause in (words.BY_TIME, *causes):
        for bucket in _BUCKETS.get(kind, ()):
            key = (kind, bucket, cause)
            before = posted.get(key)
            if entry_id(lot_id, key, 0 if before is None else before.times) == known_id:
                return key
    return None
