"""The entries to post: a posted entry never changes, so a difference is posted as a further entry of its key."""

from collections.abc import Mapping
from typing import NamedTuple

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
    """Integer points: usable, on hold, reserved, owed, and earned in total less what was taken back."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    lifetime: int = 0


def differences(order_id: str, lot: Lot | None, posted: dict[EntryKey, Posted]) -> list[Entry]:
    """The entries that bring ``posted`` to the state of ``lot`` (None: nothing is earned). Updates ``posted``."""
    wanted: Mapping[EntryKey, tuple[int, int]] = {} if lot is None else lot.entries
    entries: list[Entry] = []
    for key, (points, at) in wanted.items():
        previous = posted.get(key)
        if previous is None:
            if points:
                entries.append(Entry(order_id, key, points, at, 0))
                posted[key] = Posted(points, at, 1)
        elif previous.points != points:
            entries.append(Entry(order_id, key, points - previous.points, at, previous.times))
            posted[key] = Posted(points, at, previous.times + 1)
    if len(posted) > len(wanted):
        for key, previous in posted.items():
            if previous.points and key not in wanted:
                entries.append(Entry(order_id, key, -previous.points, previous.at, previous.times))
                posted[key] = Posted(0, previous.at, previous.times + 1)
    return entries
