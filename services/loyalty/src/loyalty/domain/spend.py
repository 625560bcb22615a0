"""Net spend in a rolling window, which determines the tier; updated step by step while a timeline is computed."""

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol

from loyalty.domain.lots import Lot
from loyalty.domain.programme import BEGINNING, Programme, in_force

_earned_at = attrgetter("earned_at")


class Paid(Protocol):
    """An order that was paid, and its net at an instant."""

    earned_at: int
    net: int


class RollingSpend:
    """The net spend of the lots paid within ``window`` before an instant. Instants only move forward."""

    __slots__ = ("_entered", "_left", "_lots", "_total", "_window")

    def __init__(self, lots: Sequence[Paid]) -> None:
        """``lots`` are in order of payment."""
        self._lots = lots
        self._left = 0
        self._entered = 0
        self._total = 0
        self._window = 0

    def before(self, at: int, window: int) -> int:
        """Net spend of orders paid before ``at``, and less than ``window`` before it."""
        return self._until(at, at, window)

    def upto(self, at: int, window: int) -> int:
        """Like ``before``, including orders paid at ``at``."""
        return self._until(at, at + 1, window)

    def changed(self, position: int, difference: int) -> None:
        """Add a change in the net of the lot at ``position``."""
        if self._left <= position < self._entered:
            self._total += difference

    def next_change(self, programme: Programme, tier: int) -> int | None:
        """When the tier will first differ from ``tier`` because orders leave the window, if it does."""
        total = self._total
        for lot in self._lots[self._left : self._entered]:
            total -= lot.net
            if programme.tier_index(total) != tier:
                return lot.earned_at + self._window
        return None

    def _until(self, at: int, end: int, window: int) -> int:
        lots = self._lots
        if window > self._window:
            while self._left and lots[self._left - 1].earned_at > at - window:
                self._left -= 1
                self._total += lots[self._left].net
        self._window = window
        while self._entered < len(lots) and lots[self._entered].earned_at < end:
            self._total += lots[self._entered].net
            self._entered += 1
        while self._left < self._entered and lots[self._left].earned_at <= at - window:
            self._total -= lots[self._left].net
            self._left += 1
        return self._total


class _Replayed:
    """A lot's net at the instants that ``tier_since`` passes again."""

    __slots__ = ("earned_at", "net")

    def __init__(self, earned_at: int) -> None:
        self.earned_at = earned_at
        self.net = 0


def tier_since(lots: Sequence[Lot], programmes: Sequence[Programme], held: str, now: int) -> int:
    """Since when the customer has held ``held``, the tier of ``now``, without interruption.

    Passes once through the instants at which the tier could change: an order changed, left the window, or a version
    began. ``lots`` are in order of payment.
    """
    changes = sorted([(step.at, position, step.net) for position, lot in enumerate(lots) for step in lot.steps])
    turns = {at for at, _, _ in changes} | _exits_and_versions(lots, programmes, now)
    replayed = [_Replayed(lot.earned_at) for lot in lots]
    spend = RollingSpend(replayed)
    since, place = None, 0
    for turn in sorted(turns):
        while place < len(changes) and changes[place][0] <= turn:
            _, position, net = changes[place]
            spend.changed(position, net - replayed[position].net)
            replayed[position].net = net
            place += 1
        programme = in_force(programmes, turn)
        if programme.tiers[programme.tier_index(spend.upto(turn, programme.window))].name != held:
            since = None
        elif since is None:
            since = turn
    return now if since is None else since


def _exits_and_versions(lots: Sequence[Lot], programmes: Sequence[Programme], now: int) -> set[int]:
    """The instants up to ``now`` at which an order leaves the window of the version in force then, or one begins."""
    begins = [programme.effective_from for programme in programmes[1:]]
    turns = {begin for begin in begins if begin <= now}
    for programme, begin, end in zip(programmes, [BEGINNING, *begins], [*begins, now + 1], strict=True):
        window = programme.window
        first = bisect_left(lots, begin - window, key=_earned_at)
        behind = bisect_left(lots, min(end, now + 1) - window, key=_earned_at)
        turns.update([lot.earned_at + window for lot in lots[first:behind]])
    return turns
