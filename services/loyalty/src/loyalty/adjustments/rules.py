"""The states of an adjustment, who may decide about it, and the facts of lots by which it gives or takes."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.ids import NAME
from loyalty.domain.opening import DAY, key_of_adjustment
from loyalty.domain.orders import OPENED, TAKEN, Fact
from loyalty.domain.units import key_of_credit
from mandegar.events import derived_id
from mandegar.events.identity import opaque_word

WAITING = "waiting"
APPLIED = "applied"
REFUSED = "refused"
_TYPE = "points.adjusted"
# What one person gives, or takes, within so long is held against the limit together.
TOGETHER = timedelta(hours=24)


class Person(NamedTuple):
    """Who asks: the key that signed the token, and the ``sub`` of the token, if it has one.

    ``word`` is the subject as it is published: itself if it looks like an id, else its keyed hash.
    """

    key_id: str
    subject: str | None
    word: str | None


def person_of(key_id: str, subject: str | None, *, shop: str, key: bytes) -> Person:
    """The person whom a token names; ``key`` is that of published ids."""
    return Person(key_id, subject, None if subject is None else opaque_word(subject, shop=shop, key=key))


class Taken(NamedTuple):
    """Points that are taken of the lot of an order, or thousandths of a lot of credit."""

    order_id: str
    points: int


def adjustment_id(shop: str, key: str) -> UUID:
    """The id of what a shop adjusts under an ``Idempotency-Key``, given as its digest: the same at any time."""
    return derived_id(NAME, f"{shop}|{key}", "adjustment")


def change_id(adjustment: UUID, state: str) -> UUID:
    """The id of the event that tells of a change: each happens once."""
    return derived_id(NAME, f"{adjustment}|{state}", _TYPE)


def may_be(person: Person, key_id: str, subject: str | None) -> bool:
    """Whether it may be the one who is stored so: with the same key, unless each token names somebody else.

    After a rebuild subjects are stored as they were published.
    """
    if person.key_id != key_id:
        return False
    return person.subject is None or subject is None or subject in {person.subject, person.word}


def own_lot(adjustment: UUID, *, of_credit: bool) -> str:
    """The id under which what an adjustment gives is kept, in its unit."""
    key = key_of_adjustment(adjustment)
    return key_of_credit(key) if of_credit else key


def facts_of(
    adjustment: UUID,
    own: str,
    points: int,
    at: int,
    place: int,
    last_day: date | None,
    taken: Sequence[Taken],
    owed: int,
) -> Iterator[tuple[str, Fact]]:
    """The facts of lots by which an adjustment is applied at ``at``, each with the id under which it is kept.

    Points above zero are a lot of their own, ``own``. So is a debt, as a lot without points that takes what nobody has.
    Of credit, points are thousandths.
    """
    event_id = str(change_id(adjustment, APPLIED))
    if points > 0 or owed:
        end, how = (0, "") if last_day is None else (last_day.toordinal(), DAY)
        yield own, Fact(at, event_id, OPENED, max(points, 0), end, "", 0, how)
    for each in taken:
        yield each.order_id, Fact(at, event_id, TAKEN, each.points, 0, str(adjustment), place)
    if owed:
        # Of its own, because a lot keeps each event once.
        yield own, Fact(at, str(change_id(adjustment, "owed")), TAKEN, owed, 0, str(adjustment), place)
