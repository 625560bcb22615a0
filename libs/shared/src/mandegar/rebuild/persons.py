"""To whom recorded facts belong: who was whose alias, what was split from whom, and who was erased."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from mandegar.events import Event
from mandegar.events.registry import ERASED, IDENTITY_TYPES, MERGED, READMITTED, SPLIT
from mandegar.quantities import to_us


class Turn(NamedTuple):
    """What a record says about the id under which it was published: a merge into ``root``, a split, an erasure, a
    readmission.
    """

    kind: str
    recorded_at: int
    version: int
    root: str = ""


class Persons:
    """The turns of each id, in the order of its records. A fact that stands behind the first n of them has place n."""

    def __init__(self) -> None:
        self._turns: dict[str, list[Turn]] = {}
        self._seen: set[UUID] = set()

    def __bool__(self) -> bool:
        return bool(self._turns)

    def note(self, event: Event) -> None:
        """Add an event that says who is whom, or who is erased; of a merge, the record of the alias counts."""
        key = event.customer.customer_id
        is_of_root = event.type in IDENTITY_TYPES and event.data.alias != key
        if event.id in self._seen or is_of_root:
            return
        self._seen.add(event.id)
        turns = self._turns.setdefault(key, [])
        newest = max(
            [turn.version for turn in turns if _is_identity(turn) == (event.type in IDENTITY_TYPES)], default=0
        )
        if event.data.version > newest:
            root = event.data.root if event.type == MERGED else ""
            turns.append(Turn(event.type, to_us(event.recorded_time), event.data.version, root))

    def place(self, key: str) -> int:
        """The place of a fact that is read now."""
        return len(self._turns.get(key, ()))

    def knows(self, key: str) -> bool:
        """Whether a fact of this id may belong to somebody else, or to nobody."""
        return key in self._turns

    def owner(self, key: str, place: int, recorded_at: int) -> str | None:
        """To whom a fact belongs that was recorded under ``key``; None if it was erased."""
        way: list[str] = []
        while key not in way:
            way.append(key)
            turns = self._turns.get(key, [])
            if _is_erased(turns, place, recorded_at):
                return None
            merge = _merge_of(turns, place)
            if merge is None:
                return key
            key, recorded_at = merge.root, max(recorded_at, merge.recorded_at)
            place = bisect_right(self._turns.get(key, []), recorded_at, key=lambda turn: turn.recorded_at)
        return min(way[way.index(key) :])  # of a circle it is the smallest id, as while customers are merged

    def owner_at(self, key: str, recorded_at: int) -> str | None:
        """To whom what ``key`` did at an instant belongs."""
        turns = self._turns.get(key, [])
        return self.owner(key, bisect_right(turns, recorded_at, key=lambda turn: turn.recorded_at), recorded_at)

    def readmission(self, key: str) -> int | None:
        """The version of a customer's latest readmission: their lots have other ids since."""
        versions = [turn.version for turn in self._turns.get(key, ()) if turn.kind == READMITTED]
        return versions[-1] if versions else None


def _is_identity(turn: Turn) -> bool:
    return turn.kind in IDENTITY_TYPES


def _is_erased(turns: Sequence[Turn], place: int, recorded_at: int) -> bool:
    """Whether a fact was erased under its own id, came while that was erased, or was recorded before and came later.

    What stands before a split is the root's, whatever becomes of the id that was split.
    """
    for turn in turns[place:]:
        if turn.kind == ERASED:
            return True
        if turn.kind == SPLIT:
            break
    erasures = [turn for turn in turns[:place] if turn.kind in (ERASED, READMITTED)]
    if not erasures:
        return False
    return erasures[-1].kind == ERASED or any(
        turn.kind == ERASED and recorded_at < turn.recorded_at for turn in erasures
    )


def _merge_of(turns: Sequence[Turn], place: int) -> Turn | None:
    """The merge by which a fact went to a root: the latest one before it, or the next; none beyond a split."""
    for some in (reversed(turns[:place]), turns[place:]):
        for turn in some:
            if turn.kind == MERGED:
                return turn
            if turn.kind == SPLIT:
                break
    return None
