"""What a customer is told of challenges and badges: each completion once, and that it stands no more."""

from collections.abc import Mapping
from typing import NamedTuple

from loyalty.domain.attained import Attained, attained_of
from loyalty.domain.orders import ANNOUNCED, LOST, REACHED, Fact
from loyalty.domain.stored_orders import Order


class ChallengeMove(NamedTuple):
    """A completion to announce; or, if it is not ``completed``, that it is none any more."""

    attained: Attained
    at: int
    completed: bool
    points: int
    badge: str


class BadgeMove(NamedTuple):
    """A badge to announce; or, if it is not ``granted``, that the customer does not have it any more."""

    badge: str
    at: int
    granted: bool


class Achieved(NamedTuple):
    """What to announce to a customer."""

    challenges: tuple[ChallengeMove, ...] = ()
    badges: tuple[BadgeMove, ...] = ()


NOTHING_ACHIEVED = Achieved()


def tell(orders: Mapping[str, Order], now: int) -> Achieved:
    """What to announce of what stands now and was not told, or was told and stands no more. Marks it as told.

    A badge is held while a completion that wins it stands.
    """
    moves: list[ChallengeMove] = []
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for order_id, order in orders.items():
        attained = attained_of(order_id)
        if attained is None:
            continue
        told = next((fact for fact in order.facts if fact.kind == ANNOUNCED), None)
        reached = next((fact for fact in order.facts if fact.kind == REACHED), None)
        lost = next((fact for fact in order.facts if fact.kind == LOST), None)
        if told is not None:
            before.setdefault(told.refund_id, now if lost is None else lost.at)
        if reached is not None and lost is None:
            after[reached.refund_id] = min(reached.at, after.get(reached.refund_id, reached.at))
            if told is None:
                moves.append(ChallengeMove(attained, reached.at, True, reached.amount, reached.refund_id))
            _mark(order, reached._replace(event_id=ANNOUNCED, kind=ANNOUNCED, version=0))
        elif told is not None:
            at = now if lost is None else lost.at
            moves.append(ChallengeMove(attained, at, False, told.amount, told.refund_id))
            _mark(order, None)
    if not before and not after:
        return NOTHING_ACHIEVED
    badges = [BadgeMove(badge, at, True) for badge, at in after.items() if badge and badge not in before]
    badges += [BadgeMove(badge, at, False) for badge, at in before.items() if badge and badge not in after]
    return Achieved(
        tuple(sorted(moves, key=lambda move: (move.at, move.attained, move.completed))),
        tuple(sorted(badges, key=lambda move: (move.at, move.badge))),
    )


def _mark(order: Order, told: Fact | None) -> None:
    """Keep with a completion what the customer was told of it."""
    kept = [fact for fact in order.facts if fact.kind != ANNOUNCED]
    order.put_facts(sorted([*kept, *([] if told is None else [told])]))
