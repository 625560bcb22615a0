"""What comes back of redemptions that paid a part of an order, as a function of the facts of the order.

It is what had come back if each fact had been told at its own instant: in whatever order and parts refunds arrive, the
same comes back. At each instant there is one number for all redemptions of an order together, rounded in favour of the
customer; the redemptions that were made last give back first, as if fewer had been made.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from loyalty.domain.orders import Fact, standings
from mandegar.events.orders import BEFORE_ANY

_WHOLE = Fraction(1)


class Moment(NamedTuple):
    """Which part is left of an order from ``at`` on."""

    at: int
    left: Fraction


class Payment(NamedTuple):
    """What a redemption pays of an order in one unit, from ``at`` on; ``moments`` are those of the order."""

    at: int
    amount: int
    moments: Sequence[Moment]


def still_due(payments: Sequence[Payment], returned: Sequence[int], coin: int = 1) -> list[int]:
    """What is to come back now of each of the ``payments`` of one order, of which ``returned`` has come back.

    It comes to what all of them owe together less what has come back of all: what was given back of one by hand counts
    for the others, too.
    """
    if not any(payment.amount for payment in payments):
        return [0] * len(payments)
    owed = come_back(payments, coin)
    due = sum(owed) - sum(map(min, returned, [payment.amount for payment in payments]))
    return _handed_out(due, [max(back - before, 0) for back, before in zip(owed, returned, strict=True)])


def come_back(payments: Sequence[Payment], coin: int = 1) -> list[int]:
    """What has come back of each payment of an order, if nobody gave back anything by hand.

    What stays spent of all together is rounded down to a whole ``coin``. What has come back stays: an order that is
    raised again, or a refund that is corrected to less, takes nothing.
    """
    shares, back = [_WHOLE] * len(payments), [0] * len(payments)
    instants = sorted({payment.at for payment in payments})
    for nth, since in enumerate(instants):
        until = instants[nth + 1] if nth + 1 < len(instants) else None
        made = [place for place, payment in enumerate(payments) if payment.at <= since]
        least = [min(shares[place], _least(payments[place].moments, since, until)) for place in made]
        if least == [shares[place] for place in made]:
            continue
        for place, share in zip(made, least, strict=True):
            shares[place] = share
        kept = sum([payments[place].amount * shares[place] for place in made], Fraction(0)) // coin * coin
        due = sum([payments[place].amount - back[place] for place in made]) - kept
        more = _handed_out(due, [payments[place].amount - back[place] for place in made])
        for place, some in zip(made, more, strict=True):
            back[place] += some
    return back


def moments_of(facts: Sequence[Fact], reserved_at: int = BEFORE_ANY) -> list[Moment]:
    """At each instant of a fact: which part is left of the largest total that counted at ``reserved_at`` or later, for
    what is paid was computed from the order as it was then.

    A total that another snapshot outdoes from the beginning, by its number or at one instant, never counted.
    Nothing is known of an order that became another customer's: what was left of it before counts.
    """
    moments, largest = [], 0
    for at, order in standings(facts):
        largest = max(largest, order.total)
        if at <= reserved_at:
            largest = order.total
        if order.moved:
            break
        if largest:
            moments.append(Moment(at, Fraction(order.net, largest)))
        elif order.cancelled:
            moments.append(Moment(at, Fraction(0)))
    return moments


def _least(moments: Sequence[Moment], since: int, until: int | None) -> Fraction:
    """The least that was left from an instant on, and before another."""
    first = max(bisect_right(moments, since, key=_at) - 1, 0)
    last = len(moments) if until is None else bisect_left(moments, until, key=_at)
    return min([moment.left for moment in moments[first:last]], default=_WHOLE)


def _at(moment: Moment) -> int:
    return moment.at


def _handed_out(total: int, at_most: Sequence[int]) -> list[int]:
    """A total by places, the last ones first."""
    shares = [0] * len(at_most)
    for place in reversed(range(len(at_most))):
        shares[place] = min(at_most[place], max(total, 0))
        total -= shares[place]
    return shares
