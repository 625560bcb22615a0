"""What redemptions take from lots and give back, read from the facts of the lots in the order in which it happened."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from loyalty.domain.lots import Lot
from loyalty.domain.movements import hold, release, return_points, spend, take
from loyalty.domain.orders import HELD, PART_PAID, RELEASED, RETURNED, SPENT, TAKEN, Fact

# Of what happens at one instant: reservations end before anything else, commands come after all else.
ENDS, COMMANDED = -1, 9
_ENDINGS = frozenset({SPENT, RELEASED})


class Move(NamedTuple):
    """What a redemption does to the lot at ``position``. Moves sort in the order in which they happen."""

    at: int
    rank: int
    place: int
    cause: str
    position: int
    kind: str
    redemption_id: str
    points: int


def moves_of(lots: Sequence[Lot], now: int) -> list[Move]:
    """All moves up to ``now``, in order. Sets ``held_until`` of the lots whose reservations end later."""
    moves: list[Move] = []
    for position, lot in enumerate(lots):
        if lot.takings:
            moves += _moves_of_lot(lot, position, now)
    moves.sort()
    return moves


def _moves_of_lot(lot: Lot, position: int, now: int) -> Iterable[Move]:
    """The moves of one lot. A reservation that was neither spent nor released before its end ends by itself.

    Its end has the redemption as its cause.
    """
    endings = [fact for fact in lot.takings if fact.kind in _ENDINGS]
    for fact in lot.takings:
        if fact.kind == PART_PAID:
            continue
        yield Move(fact.at, COMMANDED, fact.ahead, fact.event_id, position, fact.kind, fact.refund_id, fact.amount)
        if fact.kind == HELD and not any(_ends(ending, fact) for ending in endings):
            if fact.version <= now:
                yield Move(fact.version, ENDS, 0, fact.refund_id, position, RELEASED, fact.refund_id, fact.amount)
            elif lot.held_until is None or fact.version < lot.held_until:
                lot.held_until = fact.version


def _ends(ending: Fact, held: Fact) -> bool:
    return ending.refund_id == held.refund_id and held.at <= ending.at < held.version


class Drawn:
    """From which lots each taking drew its points.

    That is the lot in whose facts it is recorded, unless a late event left it short.
    """

    __slots__ = ("_held", "_lots", "_others", "_spent")

    def __init__(self, lots: Sequence[Lot], others: Sequence[Lot]) -> None:
        """``lots`` are those of all moves, ``others`` those of one unit, of which one may give for another."""
        self._lots, self._others = lots, others
        self._held: dict[tuple[str, int], list[tuple[Lot, int]]] = {}
        self._spent: dict[tuple[str, int], list[tuple[Lot, int]]] = {}

    def follow(self, move: Move, debt: int) -> int:
        """Let a move happen. Returns the debt."""
        lot, key = self._lots[move.position], (move.redemption_id, move.position)
        if move.kind == HELD:
            self._held[key], debt = hold(self._others, lot, move.points, move.cause, move.at, debt)
        elif move.kind == SPENT and key in self._held:
            self._spent[key] = self._held.pop(key)
            for source, points in self._spent[key]:
                spend(source, points, move.cause, move.at)
        elif move.kind == RELEASED:
            for source, points in self._held.pop(key, []):
                debt = release(source, points, move.cause, move.at, debt)
        elif move.kind == TAKEN:
            debt = take(self._others, lot, move.points, move.cause, move.at, debt)
        elif move.kind == RETURNED:
            debt = self._give_back(key, move, debt)
        return debt

    def _give_back(self, key: tuple[str, int], move: Move, debt: int) -> int:
        left, wanted = [], move.points
        for source, spent in self._spent.get(key, ()):
            points = min(wanted, spent)
            wanted -= points
            left.append((source, spent - points))
            debt = return_points(source, points, move.cause, move.at, debt)
        self._spent[key] = left
        return debt
