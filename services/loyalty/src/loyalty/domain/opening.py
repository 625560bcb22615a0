"""What a customer brings along from another club: lots of points, and tiers that they hold until an instant.

Their facts are kept beside those of orders, under ids that no order has.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.lots import ADJUST, OPEN, Lot
from loyalty.domain.orders import GRANTED, OPENED, Fact, Step
from loyalty.domain.programme import BEGINNING, Programme
from loyalty.domain.units import without_unit
from loyalty.domain.zones import Expiry, ShopZones

# The shop's ids have no control characters.
_LOT = "lot\x1f"
_TIER = "tier\x1f"
_ADJUSTMENT = "adj\x1f"
# How the end of a lot is stated.
DAY = "day"
INSTANT = "instant"


def key_of_lot(lot_id: str) -> str:
    """Under which the facts of a lot are kept: of several ids of one person, the same lot counts once."""
    return _LOT + lot_id


def key_of_tier(tier: str) -> str:
    """Under which the grants of a tier are kept."""
    return _TIER + tier


def key_of_adjustment(adjustment: UUID) -> str:
    """Under which the points that staff gave are kept."""
    return f"{_ADJUSTMENT}{adjustment}"


def adjustment_of(order_id: str) -> UUID | None:
    """The adjustment whose lot it is; None for anything else."""
    return UUID(order_id[len(_ADJUSTMENT) :]) if order_id.startswith(_ADJUSTMENT) else None


def brought_lot(order_id: str) -> str | None:
    """The shop's id of a lot that was brought along; None for an order."""
    return order_id[len(_LOT) :] if order_id.startswith(_LOT) else None


def granted_tier(order_id: str) -> str | None:
    """The tier that was granted; None for an order or a lot."""
    return order_id[len(_TIER) :] if order_id.startswith(_TIER) else None


class BroughtLot(Lot):
    """A lot that was brought along, or given by staff. It is no spend, and its points, ``stated`` by step, are usable
    at once. ``gives`` is the kind of the entries by which it does.
    """

    __slots__ = ("gives", "stated")

    def __init__(
        self, order_id: str, lot_id: UUID, stated: Mapping[Step, int], programme: Programme, expiry: Expiry | None
    ) -> None:
        super().__init__(order_id, lot_id, list(stated), programme, expiry)
        self.active_at = self.earned_at
        self.stated = stated
        self.gives = ADJUST if without_unit(order_id).startswith(_ADJUSTMENT) else OPEN


class Grant(NamedTuple):
    """A tier that is held at least, from ``begin`` until just before ``end``."""

    begin: int
    end: int
    tier: str


def points_stated(facts: Sequence[Fact]) -> dict[Step, int]:
    """The points of a lot from each instant on: those of the fact that was written last."""
    stated: dict[Step, int] = {}
    newest = facts[0]
    for position, fact in enumerate(facts):
        newest = max(newest, fact, key=_written)
        if position + 1 == len(facts) or facts[position + 1].at > fact.at:
            stated[Step(fact.at, 0, fact.event_id)] = newest.amount
    return stated


def expiry_stated(facts: Sequence[Fact], zones: ShopZones) -> Expiry | None:
    """When a lot expires, but not before it is there: as the fact that was written last says, for all of its time."""
    newest, opened_at = max(facts, key=_written), facts[0].at
    if newest.status == DAY:
        return zones.end_of(newest.version, opened_at)
    if newest.status == INSTANT:
        return zones.until(max(newest.version, opened_at), newest.version)
    return None


def grants_of(facts: Sequence[Fact]) -> list[Grant]:
    """The grants of one tier: each until its end, or until the next takes its place.

    Of two that were written at once the longer one counts, whoever of one person was given it.
    """
    grants: list[Grant] = []
    newest = facts[0]
    for position, fact in enumerate(facts):
        newest = max(newest, fact, key=lambda each: (each.at + each.ahead, each.amount, each.event_id))
        end = newest.amount if position + 1 == len(facts) else min(newest.amount, facts[position + 1].at)
        if end > fact.at:
            grants.append(Grant(fact.at, end, newest.refund_id))
    return grants


def granted(grants: Iterable[Grant], programme: Programme, at: int) -> int:
    """The index of the highest tier of a programme that is granted at an instant, 0 if there is none."""
    names = {grant.tier for grant in grants if grant.begin <= at < grant.end}
    return max([index for index, tier in enumerate(programme.tiers) if names & {tier.name, tier.word}], default=0)


def granted_until(grants: Iterable[Grant]) -> int:
    """The instant from which on no tier is granted."""
    return max([grant.end for grant in grants], default=BEGINNING)


def turns(grants: Iterable[Grant], now: int) -> set[int]:
    """The instants up to ``now`` at which a grant begins or ends."""
    return {at for grant in grants for at in (grant.begin, grant.end) if at <= now}


def _written(fact: Fact) -> tuple[int, str]:
    return fact.at + fact.ahead, fact.event_id


BROUGHT = frozenset({OPENED, GRANTED})
