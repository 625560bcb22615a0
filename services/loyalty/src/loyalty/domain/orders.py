"""An order as a fold of its facts. Facts may come in any order and any number of times; the fold is the same."""

from bisect import insort
from collections.abc import Sequence
from typing import NamedTuple

SNAPSHOT = "snapshot"
PAID = "paid"
CANCELLED = "cancelled"
REFUND = "refund"

_BEFORE_ANY = -(1 << 200)


class Fact(NamedTuple):
    """What one event says of an order. Sorted, facts are in the order in which they happened.

    ``amount`` is the total of a snapshot (paid or not) or what a refund gives back, in billionths. A paid fact is a
    snapshot too. ``refund_id`` is set for refunds and ``version`` for all others.
    """

    at: int
    event_id: str
    kind: str
    amount: int
    version: int = 0
    refund_id: str = ""


class Step(NamedTuple):
    """From ``at`` on the order is worth ``net``, because of the event ``cause``."""

    at: int
    net: int
    cause: str


def add_fact(facts: list[Fact], fact: Fact) -> bool:
    """Put a fact in its place, unless its event is already there; tells whether it was new."""
    for known in facts:
        if known.event_id == fact.event_id:
            return False
    insort(facts, fact)
    return True


def net_steps(facts: Sequence[Fact]) -> list[Step]:
    """What a paid order was worth from its payment on; nothing for an order that nobody paid.

    The net of an instant is the newest snapshot (by version, then event id) that had happened by then, nothing if that
    is a cancellation, less the refunds that had, one amount per refund id. It is never negative.
    """
    if len(facts) == 1:  # most orders never hear of anything but their payment
        at, event_id, kind, amount, _, _ = facts[0]
        return [Step(at, amount, event_id)] if kind == PAID else []
    paid = next((fact for fact in facts if fact.kind == PAID), None)
    if paid is None:
        return []
    steps: list[Step] = []
    newest = (_BEFORE_ANY, "")
    total = refunded = 0
    refunds: dict[str, int] = {}
    last = len(facts) - 1
    for position, fact in enumerate(facts):
        if fact.kind == REFUND:
            refunded += fact.amount - refunds.get(fact.refund_id, 0)
            refunds[fact.refund_id] = fact.amount
        elif (fact.version, fact.event_id) > newest:
            newest = (fact.version, fact.event_id)
            total = 0 if fact.kind == CANCELLED else fact.amount
        if fact.at < paid.at or (position < last and facts[position + 1].at == fact.at):
            continue
        cause = paid.event_id if fact.at == paid.at else fact.event_id
        steps.append(Step(fact.at, max(0, total - refunded), cause))
    return steps
