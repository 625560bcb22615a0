"""Net spend in a rolling window, which determines the tier; updated step by step while a timeline is computed."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol
from uuid import UUID

from loyalty.domain.lots import Lot
from loyalty.domain.opening import Grant, granted, turns
from loyalty.domain.programme import BEGINNING, Programme, in_force

_earned_at = attrgetter("earned_at")


class Paid(Protocol):
    """An order that was paid, and its net at an instant."""

    earned_at: int
    lot_id: UUID
    net: int


class Falls(NamedTuple):
    """An order of the window, and the net spend of the orders of the window before it."""

    earned_at: int
    lot_id: UUID
    before: int


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

    def resume(self, begin: int, window: int, total: int) -> None:
        """Stand just before ``begin``, where the net spend is ``total``, orders that are not among the lots included.

        These are in the window until the last instant that will be asked for.
        """
        self._left = bisect_left(self._lots, begin - window, key=_earned_at)
        self._entered = bisect_left(self._lots, begin, key=_earned_at)
        self._total, self._window = total, window

    def before(self, at: int, window: int) -> int:
        """Net spend of orders paid before ``at``, and less than ``window`` before it."""
        return self._until(at, at, window)

    def upto(self, at: int, window: int) -> int:
        """Like ``before``, including orders paid at ``at``."""
        return self._until(at, at + 1, window)

    def tier_before(self, programme: Programme, at: int) -> int:
        """The tier by the net spend before an instant."""
        return programme.tier_index(self.before(at, programme.window))

    def changed(self, position: int, difference: int, at: int) -> None:  # noqa: ARG002
        """Add a change in the net of the lot at ``position``."""
        if self._left <= position < self._entered:
            self._total += difference

    def falls(self, programme: Programme, tier: int) -> Falls | None:
        """The order with which the tier first ends when it leaves the window, if the tier ends like that."""
        total = self._total
        for lot in self._lots[self._left : self._entered]:
            before, total = total, total - lot.net
            if programme.tier_index(total) != tier:
                return Falls(lot.earned_at, lot.lot_id, self._total - before)
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


class Start(NamedTuple):
    """Where a computation begins: ``spend`` is the net spend of the window just before ``at``."""

    at: int
    spend: int


FROM_THE_BEGINNING = Start(BEGINNING, 0)


class _Replayed:
    """A lot's net at the instants that are passed again."""

    __slots__ = ("earned_at", "lot_id", "net")

    def __init__(self, lot: Lot, net: int) -> None:
        self.earned_at = lot.earned_at
        self.lot_id = lot.lot_id
        self.net = net


class _Turn(NamedTuple):
    """An instant at which the tier could change. ``before`` leaves out what was paid at it, ``spend`` does not."""

    at: int
    programme: Programme
    before: int
    spend: int


def tier_since(
    lots: Sequence[Lot],
    programmes: Sequence[Programme],
    held: str,
    now: int,
    start: Start = FROM_THE_BEGINNING,
    grants: Sequence[Grant] = (),
) -> int | None:
    """Since when the customer has held ``held``, the tier of ``now``, without interruption.

    None if that was before ``start``. ``lots`` are in order of payment.
    """
    programme = in_force(programmes, start.at)
    started = start is not FROM_THE_BEGINNING
    is_held = started and programme.tiers[programme.tier_index(start.spend)].name == held
    since = None
    for turn in _turns(lots, programmes, now, start, turns(grants, now)):
        tier = turn.programme.tier_index(turn.spend)
        if grants:
            tier = max(tier, granted(grants, turn.programme, turn.at))
        if turn.programme.tiers[tier].name != held:
            is_held, since = False, None
        elif not is_held:
            is_held, since = True, turn.at
    return since if started or since is not None else now


def topped_since(lots: Sequence[Lot], programmes: Sequence[Programme], now: int, start: Start) -> int | None:
    """The instant behind which the highest tier, that of ``now``, was always held; None if since before ``start``."""
    line, since = in_force(programmes, start.at).lines[-1], None
    is_held = start.spend >= line
    for turn in _turns(lots, programmes, now, start):
        if turn.spend < line:
            is_held = False
        elif not is_held or turn.before < line:
            is_held, since = True, turn.at
    return since


def net_before(lot: Lot, at: int) -> int:
    """The net of a lot just before an instant."""
    for step in reversed(lot.steps):
        if step.at < at:
            return step.net
    return 0


def _turns(
    lots: Sequence[Lot], programmes: Sequence[Programme], now: int, start: Start, others: Iterable[int] = ()
) -> Iterator[_Turn]:
    """The instants from ``start`` to ``now`` at which an order changed, left the window, or a version began.

    ``others`` are added.
    """
    changes = sorted(
        [
            (step.at, position, step.net)
            for position, lot in enumerate(lots)
            for step in lot.steps
            if step.at >= start.at
        ]
    )
    instants = {at for at, _, _ in changes}
    instants.update(others)
    instants.update([at for at in _exits_and_versions(lots, programmes, now) if at >= start.at])
    replayed = [_Replayed(lot, 0 if lot.earned_at >= start.at else net_before(lot, start.at)) for lot in lots]
    spend = RollingSpend(replayed)
    spend.resume(start.at, in_force(programmes, start.at).window, start.spend)
    place = 0
    for at in sorted(instants):
        while place < len(changes) and changes[place][0] <= at:
            _, position, net = changes[place]
            spend.changed(position, net - replayed[position].net, at)
            replayed[position].net = net
            place += 1
        programme = in_force(programmes, at)
        yield _Turn(at, programme, spend.before(at, programme.window), spend.upto(at, programme.window))


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
