"""The signals of one customer as the bytes of their row: nothing for who has none."""

from struct import Struct
from typing import Final, NamedTuple

from churn.domain.signals import experience, visited
from churn.domain.signals.experience import Fact
from churn.domain.signals.visited import Visited
from mandegar.quantities import DAY_US

# Newest day with a visit, bytes of the bitmap; the facts follow it.
_HEAD: Final = Struct("<HB")


class Signals(NamedTuple):
    """Days with a visit, and facts."""

    visited: Visited = visited.NEVER
    facts: tuple[Fact, ...] = ()


NOTHING: Final = Signals()


def pack_signals(signals: Signals) -> bytes:
    """The bytes of a row: 3, an eighth of the days from the first visit to the last, and 18 for each fact."""
    if signals == NOTHING:
        return b""
    bits = signals.visited.bits
    days = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return _HEAD.pack(signals.visited.last, len(days)) + days + experience.pack(signals.facts)


def unpack_signals(data: bytes) -> Signals:
    """The signals in the bytes of a row."""
    if not data:
        return NOTHING
    last, size = _HEAD.unpack_from(data)
    begin = _HEAD.size + size
    bits = int.from_bytes(data[_HEAD.size : begin], "little")
    return Signals(Visited(last, bits), experience.unpack(data[begin:]))


def newest_visit(data: bytes) -> int | None:
    """The newest day with a visit in the bytes of a row, None without one."""
    last, size = _HEAD.unpack_from(data) if data else (0, 0)
    return last if size else None


def united(one: bytes, other: bytes) -> bytes:
    """The signals of both, as bytes."""
    if not one or not other:
        return one or other
    mine, theirs = unpack_signals(one), unpack_signals(other)
    return pack_signals(
        Signals(visited.both(mine.visited, theirs.visited), experience.newest((*mine.facts, *theirs.facts)))
    )


def as_one_person(one: bytes, other: bytes) -> bytes:
    """The signals of two customers who turned out to be one: an order that moved may have moved between them."""
    both = unpack_signals(united(one, other))
    return pack_signals(both._replace(facts=experience.without_moves(both.facts)))


def with_visit(data: bytes, at_us: int) -> bytes:
    """The bytes after a visit."""
    return united(data, pack_signals(Signals(visited.visited_on([at_us // DAY_US]))))


def with_cart(data: bytes, at_us: int) -> bytes:
    """The bytes after a visit that filled a cart or began a checkout: of several on a day one is told from none."""
    day = at_us // DAY_US
    cart = experience.fact("carted", day * DAY_US)
    return united(data, pack_signals(Signals(visited.visited_on([day]), () if cart is None else (cart,))))


def with_fact(data: bytes, fact: Fact | None) -> bytes:
    """The bytes after a fact, if there is one."""
    return data if fact is None else united(data, pack_signals(Signals(facts=(fact,))))


def known_by(signals: Signals, at_us: int) -> Signals:
    """What was known at an instant; promises that were made and not due by then are among it."""
    facts = tuple(
        each
        for each in signals.facts
        if (each.made if each.kind in experience.PROMISES else each.at) * experience.SECOND_US <= at_us
    )
    return Signals(visited.until(signals.visited, at_us // DAY_US), facts)
