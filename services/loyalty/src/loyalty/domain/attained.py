"""The points that a challenge gives when it is reached: a lot of their own."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.lots import Lot
from loyalty.domain.orders import LOST, REACHED, Fact, Step
from loyalty.domain.programme import Programme
from loyalty.domain.zones import ShopZones
from mandegar.quantities import DAY_US

# Under which completions are kept: the shop's ids have no control characters.
KEPT_UNDER = "chl\x1f"
# The facts that are computed.
COMPUTED = frozenset({REACHED, LOST})


class Attained(NamedTuple):
    """A challenge, and which completion of it: its shape, the number of the period, and the place in that."""

    name: str
    id: str


def key_of(attained: Attained) -> str:
    """Under which the facts of a completion are kept."""
    return f"{KEPT_UNDER}{attained.name}\x1f{attained.id}"


def attained_of(order_id: str) -> Attained | None:
    """The completion that is kept under an id; None for anything else."""
    if not order_id.startswith(KEPT_UNDER):
        return None
    name, _, attained_id = order_id[len(KEPT_UNDER) :].partition("\x1f")
    return Attained(name, attained_id)


class AttainedLot(Lot):
    """The points of a completed challenge, ``stated`` from each step on. They are no spend.

    ``stands``: it is completed now, and has won ``badge`` if that is not empty.
    """

    __slots__ = ("attained", "badge", "stands", "stated")

    def __init__(
        self, order_id: str, lot_id: UUID, attained: Attained, stated: dict[Step, int], programme: Programme
    ) -> None:
        super().__init__(order_id, lot_id, list(stated), programme, None)
        self.attained = attained
        self.stated = stated
        self.stands = False
        self.badge = ""


def attained_lot(
    order_id: str, lot_id: UUID, attained: Attained, facts: Sequence[Fact], programme: Programme, zones: ShopZones
) -> AttainedLot:
    """The lot of a completion, from its facts; from others if it was lost as if it had never been."""
    reached = next((fact for fact in facts if fact.kind == REACHED), None)
    if reached is None:
        return AttainedLot(order_id, lot_id, attained, {Step(facts[0].at, 0, facts[0].event_id): 0}, programme)
    stated = {Step(fact.at, 0, fact.event_id): fact.amount for fact in facts if fact.kind in COMPUTED}
    lot = AttainedLot(order_id, lot_id, attained, stated, programme)
    lot.stands, lot.badge = len(stated) == 1, reached.refund_id
    lot.active_at = lot.earned_at + (programme.hold if reached.version < 0 else reached.version * DAY_US)
    if programme.expiry_days is not None:
        expiry = zones.expiry(lot.earned_at, lot.active_at, programme.expiry_days)
        lot.expires_at, lot.midnights, lot.last_day = expiry.at, expiry.midnights, expiry.last_day
    return lot
