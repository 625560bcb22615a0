"""The entries to post: a posted entry never changes, so a difference is posted as a further entry of its key."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from loyalty.domain.lots import (
    ACTIVATE,
    ADJUST,
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
    TAKEN,
    EntryKey,
    Lot,
)

_AT = attrgetter("at")


class Posted(NamedTuple):
    """The sum of all entries under one key, when they took effect, and how many there are.

    ``last_day`` is that of their points, under which the books count them; 0 if it was not kept with the entries.
    ``reduced`` is the order that was reduced, where they take the points of another one's lot.
    """

    points: int
    at: int
    times: int
    last_day: int = 0
    reduced: str = ""


class Entry(NamedTuple):
    """One line of an order's ledger, in signed points. ``nth`` counts the entries of the same lot and key from 0."""

    order_id: str
    key: EntryKey
    points: int
    at: int
    nth: int
    last_day: int = 0


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
    if kind == ADJUST and bucket != AVAILABLE:
        return Balance(available=points) if bucket == TAKEN else Balance(debt=-points)
    if kind == OPEN or bucket == AVAILABLE:
        return Balance(available=points, lifetime=points)
    return Balance(debt=-points, lifetime=points)


def differences(order_id: str, lot: Lot | None, posted: dict[EntryKey, Posted]) -> list[Entry]:
    """The entries that bring ``posted`` to the state of ``lot`` (None: nothing is earned). Updates ``posted``.

    What was posted at another instant, or for points with another last day, is posted back as it was and anew.
    """
    wanted: Mapping[EntryKey, tuple[int, int]] = {} if lot is None else lot.entries
    last_day = 0 if lot is None else lot.last_day
    entries: list[Entry] = []
    unposted = 0  # what came to nothing before it was posted
    for key, (points, at) in wanted.items():
        previous = posted.get(key)
        if previous is None:
            if points:
                entries.append(Entry(order_id, key, points, at, 0, last_day))
                posted[key] = Posted(points, at, 1, last_day)
            else:
                unposted += 1
            continue
        moves = previous.at != at or previous.last_day not in (0, last_day)
        if previous.points != points or (points and moves):
            if previous.points and moves:  # an earlier payment, for instance, moves the end of the hold
                entries.append(_back(order_id, key, previous))
                previous = Posted(0, at, previous.times + 1, last_day, previous.reduced)
            if points != previous.points:
                day = last_day if previous.last_day or not previous.points else 0
                entries.append(Entry(order_id, key, points - previous.points, at, previous.times, day))
                previous = Posted(points, at, previous.times + 1, day, previous.reduced)
            posted[key] = previous
    if len(posted) + unposted > len(wanted):
        for key, previous in posted.items():
            if previous.points and key not in wanted:
                entries.append(_back(order_id, key, previous))
                posted[key] = previous._replace(points=0, times=previous.times + 1)
    return entries


def _back(order_id: str, key: EntryKey, previous: Posted) -> Entry:
    return Entry(order_id, key, -previous.points, previous.at, previous.times, previous.last_day)


def by_time(entries: Sequence[Entry]) -> list[Entry]:
    """Sort entries by time, those of one key by ``nth``: a rebuild recognises an entry by being next under its key."""
    if not any(entry.nth for entry in entries):  # then no key is posted twice
        return sorted(entries, key=_AT)
    first: dict[tuple[str, EntryKey], int] = {}
    for entry in entries:
        key = entry.order_id, entry.key
        first[key] = min(entry.at, first.get(key, entry.at))
    return sorted(entries, key=lambda entry: first[entry.order_id, entry.key])
