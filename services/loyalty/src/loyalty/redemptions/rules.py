"""The states of a redemption, and the facts of lots by which it takes points and gives them back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from loyalty.domain.ids import NAME
from loyalty.domain.orders import HELD, PART_PAID, RELEASED, RETURNED, SPENT, Fact
from loyalty.domain.purse import Part, Purse
from mandegar.events import derived_id

RESERVED = "reserved"
CONFIRMED = "confirmed"
CANCELLED = "cancelled"
EXPIRED = "expired"
GIVEN_BACK = "returned"

# The kind of the facts by which each change is recorded on the lots.
FACTS = {RESERVED: HELD, CONFIRMED: SPENT, CANCELLED: RELEASED, GIVEN_BACK: RETURNED}

_TYPE = "redemption.changed"


def redemption_id(shop: str, key: str) -> UUID:
    """The id of what a shop redeems under an ``Idempotency-Key``, given as its digest: the same at any time."""
    return derived_id(NAME, f"{shop}|{key}", "redemption")


def change_id(redemption: UUID, change: str, reference: str = "") -> UUID:
    """The id of the event that tells of a change: each happens once, and gives back once for a ``reference``."""
    return derived_id(NAME, f"{redemption}|{change}|{reference}", _TYPE)


def state_at(state: str, expires_at: datetime, now: datetime) -> str:
    """The state at an instant: a reservation that is left alone ends by itself."""
    return EXPIRED if state == RESERVED and now >= expires_at else state


def part_paid_fact(at: int, redemption: UUID, points: int, place: int) -> Fact:
    """The fact of an order that points of a redemption paid a part of it."""
    event_id = str(derived_id(NAME, str(redemption), "part payment"))
    return Fact(at, event_id, PART_PAID, points, 0, str(redemption), place)


def parts_to_return(parts: Sequence[Part], returned: int, points: int) -> list[Part]:
    """From which lots the next ``points`` come back, after ``returned`` have: as if fewer had been redeemed, so that
    those which expire first are the ones that were spent.
    """
    found: list[Part] = []
    for part in reversed(parts):
        skipped = min(returned, part.points)
        some = min(points, part.points - skipped)
        returned, points = returned - skipped, points - some
        if some:
            found.append(part._replace(points=some))
    return found


def record(
    purse: Purse, redemption: UUID, change: str, parts: Iterable[Part], *, ends_at: int = 0, reference: str = ""
) -> None:
    """Add a change to the facts of the lots whose points it concerns."""
    event_id = str(change_id(redemption, change, reference))
    kind, place = FACTS[change], len(purse.facts)
    for part in parts:
        purse.add(part.order_id, Fact(purse.at, event_id, kind, part.points, ends_at, str(redemption), place))
