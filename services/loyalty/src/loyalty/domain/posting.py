"""The entries to post: a posted entry never changes, so a difference is posted as a further entry of its key."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from loyalty.domain.lots import (
    ACTIVATE,
    AVAILABLE,
    DEBT,
    EARN,
    EXPIRE,
    HOLD,
    OPEN,
    PENDING,
    RELEASE,
    REPAY,
    REVERSE,
    SPEND,
    EntryKey,
    Lot,
)

_AT = attrgetter("at")


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


def moved_by(entry: Entry) -> Balance:
    """How an entry moves the balance."""
    (kind, bucket, _), points = entry.key, entry.points
    if kind == EARN or (kind == REVERSE and bucket == PENDING):
        return Balance(pending=points, lifetime=points)
    if kind == ACTIVATE:
        return Balance(available=points, pending=-points)
    if kind == EXPIRE:
        return Balance(available=points)
    if kind == REPAY:
        return Balance(available=points, debt=points)
    if kind == HOLD:
        return Balance(held=points, debt=points) if bucket == DEBT else Balance(available=-points, held=points)
    if kind == RELEASE:
        return Balance(available=points, held=-points)
    if kind == SPEND:
        return Balance(available=points) if bucket == AVAILABLE else Balance(held=points)
    if kind == OPEN or bucket == AVAILABLE:
        return Balance(available=points, lifetime=points)
    return Balance(debt=-points, lifetime=points)


def differences(order_id: str, lot: Lot | None, posted: dict[EntryKey, Posted]) -> list[Entry]:
    """The entries that bring ``posted`` to the state of ``lot`` (None: nothing is earned). Updates ``posted``."""
    wanted: Mapping[EntryKey, tuple[int, int]] = {} if lot is None else lot.entries
    entries: list[Entry] = []
    unposted = 0  # what came to nothing before it was posted
    for key, (points, at) in wanted.items():
        previous = posted.get(key)
        if previous is None:
            if points:
                entries.append(Entry(order_id, key, points, at, 0))
                posted[key] = Posted(points, at, 1)
            else:
                unposted += 1
        elif previous.points != points or (points and previous.at != at):
            if previous.points and previous.at != at:  # an earlier payment, for instance, moves the end of the hold
                entries.append(Entry(order_id, key, -previous.points, previous.at, previous.times))
                previous = Posted(0, at, previous.times + 1)
            if points != previous.points:
                entries.append(Entry(order_id, key, points - previous.points, at, previous.times))
                previous = Posted(points, at, previous.times + 1)
            posted[key] = previous
    if len(posted) + unposted > len(wanted):
        for key, previous in posted.items():
            if previous.points and key not in wanted:
                entries.append(Entry(order_id, key, -previous.points, previous.at, previous.times))
                posted[key] = Posted(0, previous.at, previous.times + 1)
    return entries


def by_time(entries: Sequence[Entry]) -> list[Entry]:
    """Sort entries by time, those of one key by ``nth``: a rebuild recognises an entry by being next under its key."""
    if not any(entry.nth for entry in entries):  # then no key is posted twice
        return sorted(entries, key=_AT)
    first: dict[tuple[str, EntryKey], int] = {}
    for entry in entries:
        key = entry.order_id, entry.key
        first[key] = min(entry.at, first.get(key, entry.at))
    return sorted(entries, key=lambda entry: first[entry.order_id, entry.key])
