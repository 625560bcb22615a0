"""What a customer redeemed, read from the topic: reservations that end, are spent, or come back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from mandegar.events import Event

TYPE = "redemption.changed"


@dataclass(eq=False)
class Redemption:
    """One redemption. ``held`` and ``spent`` say from which lots, given as places, its points are, by the lot that it
    was given them of.
    """

    lots: dict[str, int]
    ends: datetime
    held: dict[str, list[tuple[Any, int]]] = field(default_factory=dict)
    spent: dict[str, list[tuple[Any, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """Something that a redemption does at an instant; ``lots`` says to how many points of which."""

    at: datetime
    place: int
    what: str
    of: Redemption
    lots: dict[str, int]


def changes_of(events: Iterable[Event], now: datetime) -> list[Change]:
    """All changes up to ``now``, in the order in which they were made. What ends by itself is not among them."""
    told = sorted((event.data for event in events if event.data.at <= now), key=lambda data: (data.at, data.place))
    found: dict[UUID, Redemption] = {}
    changes = []
    for data in told:
        whole = {lot.earned_by: lot.points for lot in data.lots}
        one = found.setdefault(data.redemption_id, Redemption(whole, data.expires_at))
        lots = {lot.earned_by: lot.points for lot in data.given_back} if data.change == "returned" else whole
        changes.append(Change(data.at, data.place, data.change, one, lots))
    return changes


def ends_of(changes: Iterable[Change]) -> set[datetime]:
    """The instants at which reservations end, unless they have been ended before."""
    return {change.of.ends for change in changes}
