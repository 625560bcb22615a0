"""What a customer redeemed and what staff adjusted, read from the topic: reservations that end, are spent or come back,
points that are given and taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs

from mandegar.events import Event, derived_id
from mandegar.events.opening import PointsOpened

TYPE = "redemption.changed"
ADJUSTED = "points.adjusted"


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
    cause: str = ""


def adjustments_of(
    events: Iterable[Event], now: datetime, *, of_credit: bool = False
) -> tuple[dict[str, list[Event]], list[Change]]:
    """The lots of one unit that staff gave up to ``now``, as if they had been brought along, and what staff took.

    What a customer did not have is taken of a lot of its own, without points, in an order that the ids of both events
    decide.
    """
    given: dict[str, list[Event]] = {}
    taken = []
    for event in events:
        data = event.data
        if data.state != "applied" or data.at > now or (data.credit is not None) != of_credit:
            continue
        own = f"adj\x1f{data.adjustment_id}"
        nothing = Redemption({}, data.at)
        number, nobodys = data.points, data.owed
        if of_credit:
            number, nobodys = int(data.credit * 1000), int(data.credit_owed * 1000)
        if number > 0 or nobodys:
            opened = PointsOpened(lot_id=own, points=max(number, 0), last_day=data.last_day)
            given[own] = [structs.replace(event, time=data.at, data=opened)]
        if lots := _of_unit(data.lots, data.credit_lots, of_credit=of_credit):
            taken.append(Change(data.at, data.place, "taken", nothing, lots, _cause(data.adjustment_id, "applied")))
        if nobodys:
            owed = {f"credit\x1f{own}" if of_credit else own: nobodys}
            taken.append(Change(data.at, data.place, "taken", nothing, owed, _cause(data.adjustment_id, "owed")))
    return given, taken


def _cause(adjustment: UUID, what: str) -> str:
    return str(derived_id("loyalty", f"{adjustment}|{what}", ADJUSTED))


def changes_of(events: Iterable[Event], now: datetime, *, of_credit: bool = False) -> list[Change]:
    """All changes up to ``now`` of one unit, in the order in which they were made. What ends by itself is not among
    them.
    """
    told = sorted((event.data for event in events if event.data.at <= now), key=lambda data: (data.at, data.place))
    found: dict[UUID, Redemption] = {}
    changes = []
    for data in told:
        whole = _of_unit(data.lots, data.credit_lots, of_credit=of_credit)
        one = found.setdefault(data.redemption_id, Redemption(whole, data.expires_at))
        back = _of_unit(data.given_back, data.credit_given_back, of_credit=of_credit)
        lots = back if data.change == "returned" else whole
        changes.append(Change(data.at, data.place, data.change, one, lots))
    return changes


def _of_unit(points: Iterable[Any], credit: Iterable[Any], *, of_credit: bool) -> dict[str, int]:
    """What is told of the lots of a unit, of credit in thousandths."""
    if of_credit:
        return {lot.earned_by: int(lot.amount * 1000) for lot in credit}
    return {lot.earned_by: lot.points for lot in points}


def ends_of(changes: Iterable[Change]) -> set[datetime]:
    """The instants at which reservations end, unless they have been ended before."""
    return {change.of.ends for change in changes}
