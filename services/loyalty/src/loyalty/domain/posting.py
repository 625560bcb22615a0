"""From what must be to what is written: entries are never changed, a difference is a further entry of the same key."""

from collections.abc import Mapping
from typing import NamedTuple

from loyalty.domain import lots as words
from loyalty.domain.lots import EntryKey, Lot


class Posted(NamedTuple):
    """The sum of all entries under one key, when they took effect, and how many there are."""

    points: int
    at: int
    times: int


class Entry(NamedTuple):
    """One line of an order's ledger, in signed points. ``nth`` counts the entries of the same lot and key from 0."""

    order_id: str
    key: EntryKey
    points: int
    at: int
    nth: int


class Balance(NamedTuple):
    """Integer points: usable, waiting for their hold, reserved, owed, and ever earned less what was taken back."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    lifetime: int = 0


def differences(order_id: str, lot: Lot | None, posted: dict[EntryKey, Posted]) -> list[Entry]:
    """The entries that make ``posted`` say what ``lot`` says (None: that nothing was earned); updates ``posted``."""
    wanted: Mapping[EntryKey, tuple[int, int]] = {} if lot is None else lot.entries
    entries: list[Entry] = []
    for key, (points, at) in wanted.items():
        known = posted.get(key)
        if known is None:
            if points:
                entries.append(Entry(order_id, key, points, at, 0))
                posted[key] = Posted(points, at, 1)
        elif known.points != points:
            entries.append(Entry(order_id, key, points - known.points, at, known.times))
            posted[key] = Posted(points, at, known.times + 1)
    if len(posted) > len(wanted):
        for key, known in posted.items():
            if known.points and key not in wanted:
                entries.append(Entry(order_id, key, -known.points, known.at, known.times))
                posted[key] = Posted(0, known.at, known.times + 1)
    return entries


def effect(key: EntryKey, points: int) -> Balance:
    """How an entry of ``points`` under ``key`` moves the balance."""
    kind, bucket, _ = key
    if kind == words.EARN:
        return Balance(pending=points, lifetime=points)
    if kind == words.ACTIVATE:
        return Balance(pending=-points, available=points)
    if kind == words.EXPIRE:
        return Balance(available=points)
    if kind == words.REPAY:
        return Balance(available=points, debt=points)
    if kind == words.REVERSE:
        if bucket == words.PENDING:
            return Balance(pending=points, lifetime=points)
        if bucket == words.AVAILABLE:
            return Balance(available=points, lifetime=points)
        return Balance(debt=-points, lifetime=points)
    raise ValueError(f"no entry of kind {kind!r} is posted by this release")
