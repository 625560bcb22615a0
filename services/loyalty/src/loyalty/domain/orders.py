"""The facts of an order, and its net at each instant by the law of ``mandegar.events.orders``."""

from bisect import insort
from collections.abc import Sequence
from typing import NamedTuple

from mandegar.events.orders import NetOrder

SNAPSHOT = "snapshot"
PAID = "paid"
CANCELLED = "cancelled"
REFUND = "refund"


class Fact(NamedTuple):
    """What one event states about an order. Facts sort by the time at which they happened.

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
    """Insert a fact in order of time, unless its event is already there; returns whether it was inserted."""
    for present in facts:
        if present.event_id == fact.event_id:
            return False
    insort(facts, fact)
    return True


def net_steps(facts: Sequence[Fact]) -> list[Step]:
    """The net of an order at each instant since its payment, from the facts dated up to then; empty if unpaid."""
    if len(facts) == 1:  # the usual case: the payment is the only fact
        at, event_id, kind, amount, _, _ = facts[0]
        return [Step(at, amount, event_id)] if kind == PAID else []
    paid = next((fact for fact in facts if fact.kind == PAID), None)
    if paid is None:
        return []
    steps: list[Step] = []
    order = NetOrder("")
    last = len(facts) - 1
    for position, (at, event_id, kind, amount, version, refund_id) in enumerate(facts):
        if kind == REFUND:
            order.refund(refund_id, at, event_id, amount)
        else:
            order.snapshot(version, event_id, amount, cancelled=kind == CANCELLED)
        if at < paid.at or (position < last and facts[position + 1].at == at):
            continue
        steps.append(Step(at, order.net, paid.event_id if at == paid.at else event_id))
    return steps
