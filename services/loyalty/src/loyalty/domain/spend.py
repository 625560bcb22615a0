"""Net spend in a rolling window, which determines the tier; updated step by step while a timeline is computed."""

from collections.abc import Sequence

from loyalty.domain.lots import Lot
from loyalty.domain.programme import BEGINNING, Programme, in_force


class RollingSpend:
    """The net spend of the lots paid within ``window`` before an instant. Instants only move forward."""

    __slots__ = ("_entered", "_left", "_lots", "_total", "_window")

    def __init__(self, lots: Sequence[Lot]) -> None:
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
            self._left = 0
            self._total = sum([lot.net for lot in lots[: self._entered]])
        self._window = window
        while self._entered < len(lots) and lots[self._entered].earned_at < end:
            self._total += lots[self._entered].net
            self._entered += 1
        while self._left < self._entered and lots[self._left].earned_at <= at - window:
            self._total -= lots[self._left].net
            self._left += 1
        return self._total


def tier_since(lots: Sequence[Lot], programmes: Sequence[Programme], held: str, now: int) -> int:
    """Since when the customer has held ``held``, the tier of ``now``, without interruption."""
    begins = [programme.effective_from for programme in programmes[1:]]
    turns = set(begins)
    # An order leaves the window of a version while that version is in force, so each version adds what falls into it.
    for programme, begin, end in zip(programmes, [BEGINNING, *begins], [*begins, now + 1], strict=True):
        turns.update([at for lot in lots if begin <= (at := lot.earned_at + programme.window) < end])
    for lot in lots:
        turns.update([step.at for step in lot.steps])
    since = now
    for turn in sorted([turn for turn in turns if turn <= now], reverse=True):
        if _tier_at(lots, programmes, turn) != held:
            break
        since = turn
    return since


def _tier_at(lots: Sequence[Lot], programmes: Sequence[Programme], at: int) -> str:
    programme = in_force(programmes, at)
    total = 0
    for lot in lots:
        if at - programme.window < lot.earned_at <= at:
            for step in reversed(lot.steps):
                if step.at <= at:
                    total += step.net
                    break
    return programme.tiers[programme.tier_index(total)].name
