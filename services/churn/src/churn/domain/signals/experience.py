"""What a customer was glad or unhappy of: facts in a small set, so that order and repetition change nothing.

A ticket, its answer and its end are three facts under one key, and so are a promise and that it was kept. What they
mean together is worked out when they are read. A customer has ``FACTS_MAX`` of them, and the newest cart.
"""

from collections.abc import Iterable
from math import inf
from struct import Struct
from typing import Final, Literal, NamedTuple, get_args
from zlib import crc32

FACTS_MAX: Final = 24
# The newest of tickets and of words among them, which no delivery pushes out.
TICKETS_KEPT: Final = 9
WORDS_KEPT: Final = 3
# Seconds since 1970 that a fact can be of.
AT_MAX: Final = 0xFFFF_FFFF
# What a complaint still counts for once it was answered, and a promise that was kept too late.
EASED: Final = 0.5

Kind = Literal[
    "ticket_opened", "ticket_answered", "ticket_closed", "reviewed", "praised", "rated_low", "rated_high",
    "cancelled_by_shop", "returned", "delivery_promised", "promised", "promise_kept", "promise_broken", "delivered",
    "cancelled",
    "moved",
    "carted",
]  # fmt: skip
# What the customer felt, as reasons name it.
Cause = Literal[
    "unanswered_ticket", "low_review", "low_survey_score", "cancelled_by_shop", "returned_order", "late_delivery",
    "broken_promise", "good_review", "high_survey_score",
]  # fmt: skip

# The number of a kind in a row is its place: new ones go to the end.
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_NUMBER: Final = {kind: number for number, kind in enumerate(_KINDS)}
# Seconds, kind, strength in hundredths, key, key of the order that a promise is about, and when it was made.
_FACT: Final = Struct("<IBBIII")
_CARTED: Final = _NUMBER["carted"]
_HUNDREDTHS: Final = 100
_STRENGTH_MAX: Final = 2.0
SECOND_US: Final = 1_000_000

_CAUSES: Final[dict[Kind, Cause]] = {
    "ticket_opened": "unanswered_ticket",
    "reviewed": "low_review",
    "rated_low": "low_survey_score",
    "cancelled_by_shop": "cancelled_by_shop",
    "returned": "returned_order",
    "delivery_promised": "late_delivery",
    "promised": "broken_promise",
    "promise_broken": "broken_promise",
    "praised": "good_review",
    "rated_high": "high_survey_score",
}
GLAD: Final = frozenset({"praised", "rated_high"})
# What the customer said of the shop.
WORDS: Final = frozenset({*GLAD, "reviewed", "rated_low"})
_TICKETS: Final = frozenset({"ticket_opened", "ticket_answered", "ticket_closed"})
PROMISES: Final = frozenset({"delivery_promised", "promised"})
# What may be stated again under the same key, by an event of another time, and has happened once.
_ONCE: Final = frozenset({"cancelled_by_shop", "returned", "promise_broken"})
# Of an order that turned out to be somebody else's, these are theirs.
_OF_ORDERS: Final[frozenset[Kind]] = frozenset({"cancelled_by_shop", "returned", "delivered"})


class Fact(NamedTuple):
    """One fact: ``at`` in seconds since 1970, of a promise when it is due; it was ``made`` before (0 if unknown)."""

    at: int
    number: int
    hundredths: int = _HUNDREDTHS
    key: int = 0
    order: int = 0
    made: int = 0

    @property
    def known(self) -> int:
        """Since when it is known, by which facts are kept: a promise no longer than that it was kept."""
        return min(self.made or self.at, self.at)

    @property
    def kind(self) -> Kind:
        """What it is a fact of."""
        return _KINDS[self.number]


class Felt(NamedTuple):
    """What a customer felt since ``at_us``: ``strength`` below 0 if unhappy; half as much since ``eased_us``."""

    at_us: int
    cause: Cause
    strength: float
    eased_us: int | None = None

    @property
    def strength_known(self) -> float:
        """What it counts for by all that is known."""
        return self.strength if self.eased_us is None else self.strength * EASED


def fact(
    kind: Kind, at_us: int, strength: float = 1.0, key: str = "", order: str = "", made_us: int = 0
) -> Fact | None:
    """A fact; None for one before 1970 or after 2106."""
    at = at_us // SECOND_US
    if not 0 <= at <= AT_MAX:
        return None
    hundredths = round(min(max(strength, 0.0), _STRENGTH_MAX) * _HUNDREDTHS)
    made = min(max(made_us // SECOND_US, 0), AT_MAX)
    return Fact(at, _NUMBER[kind], hundredths, _hash(key), _hash(order), made)


def newest(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts that are kept, each once, the oldest first."""
    every = sorted(set(facts), key=_by_age)
    carts = [one for one in every if one.number == _CARTED]
    if not carts:
        return tuple(_chosen(every))
    felt_ones = [one for one in every if one.number != _CARTED]
    return tuple(sorted([*_chosen(felt_ones), carts[-1]], key=_by_age))


def _chosen(facts: list[Fact]) -> list[Fact]:
    """Of facts by age, the newest tickets and words, and of the others the newest that find a place.

    What a fact is of is known from itself alone. Whether a ticket is still open follows from others, which may have
    gone or not have come yet: chosen by that, the same facts in another order would leave others behind. A ticket
    goes before its end, so none that was closed is open again.
    """
    if len(facts) <= FACTS_MAX:
        return facts
    tickets = [one for one in facts if one.kind in _TICKETS][-TICKETS_KEPT:]
    words = [one for one in facts if one.kind in WORDS][-WORDS_KEPT:]
    own = {*tickets, *words}
    others = [one for one in facts if one not in own]
    return sorted([*own, *others[len(own) - FACTS_MAX :]], key=_by_age)


def _by_age(one: Fact) -> tuple[int, Fact]:
    return one.known, one


def pack(facts: Iterable[Fact]) -> bytes:
    """Facts as bytes: 18 each."""
    return b"".join(_FACT.pack(*each) for each in facts)


def unpack(data: bytes) -> tuple[Fact, ...]:
    """Facts from bytes; kinds of later releases are left out."""
    return tuple(Fact(*fields) for fields in _FACT.iter_unpack(data) if fields[1] < len(_KINDS))


def without_moves(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts but those that say that an order moved: whoever has it now may be the same person."""
    return tuple(each for each in facts if each.kind != "moved")


def felt(facts: Iterable[Fact]) -> list[Felt]:
    """What a customer felt, or will feel if nothing happens: a promise counts as broken since it was due."""
    by_kind: dict[Kind, list[Fact]] = {}
    for each in facts:
        by_kind.setdefault(each.kind, []).append(each)
    moved = {each.key for each in by_kind.get("moved", ())}
    for kind in _OF_ORDERS if moved else ():
        by_kind[kind] = [each for each in by_kind.get(kind, ()) if not moved & {each.key, each.order}]
    ends = [*by_kind.get("ticket_answered", ()), *by_kind.get("ticket_closed", ())]
    found = []
    for kind, cause in _CAUSES.items():
        for each in _happened(kind, by_kind.get(kind, ())):
            if kind == "ticket_opened":
                at, eased = each.at, _first(end.at for end in ends if end.key == each.key and end.at >= each.at)
            elif kind in PROMISES:
                at, eased = each.at, _kept(each, by_kind)
                at = min([at, *(one.at for one in by_kind.get("promise_broken", ()) if one.key == each.key)])
                if eased is not None and eased <= at:
                    continue
                if _is_called_off(each, at, by_kind):
                    continue
            elif kind == "promise_broken" and _is_promised(each, by_kind):
                continue
            else:
                at, eased = each.at, None
            strength = each.hundredths / _HUNDREDTHS * (1 if kind in GLAD else -1)
            found.append(Felt(at * SECOND_US, cause, strength, None if eased is None else eased * SECOND_US))
    return sorted(found, key=_in_time)


def _happened(kind: Kind, facts: Iterable[Fact]) -> Iterable[Fact]:
    """Facts of a kind, without what was stated again."""
    if kind in PROMISES:
        return {(each.key, each.at): each for each in sorted(facts, reverse=True)}.values()
    if kind not in _ONCE:
        return facts
    first = {each.key: each for each in sorted(facts, reverse=True) if each.key}
    return [*first.values(), *(each for each in facts if not each.key)]


def _in_time(one: Felt) -> tuple[object, ...]:
    """The order of what was felt; of two alike, the one that was eased comes first."""
    return (*one[:3], inf if one.eased_us is None else one.eased_us)


def _kept(promise: Fact, by_kind: dict[Kind, list[Fact]]) -> int | None:
    kept = [one.at for one in by_kind.get("promise_kept", ()) if one.key == promise.key]
    if promise.kind == "delivery_promised" and promise.order:
        kept += [one.at for one in by_kind.get("delivered", ()) if one.key == promise.order]
    return _first(kept)


def _is_called_off(promise: Fact, at: int, by_kind: dict[Kind, list[Fact]]) -> bool:
    """Whether the order that was to be delivered had been cancelled by then, or turned out to be somebody else's, who
    hears of its delivery: nobody waits for it any more."""
    if promise.kind != "delivery_promised" or not promise.order:
        return False
    ends = [one for kind in ("cancelled", "cancelled_by_shop", "moved") for one in by_kind.get(kind, ())]
    return any(one.key == promise.order and one.at <= at for one in ends)


def _is_promised(broken: Fact, by_kind: dict[Kind, list[Fact]]) -> bool:
    promises = (*by_kind.get("delivery_promised", ()), *by_kind.get("promised", ()))
    return any(one.key == broken.key for one in promises)


def _first(instants: Iterable[int]) -> int | None:
    return min(instants, default=None)


def _hash(text: str) -> int:
    return crc32(text.encode()) if text else 0
