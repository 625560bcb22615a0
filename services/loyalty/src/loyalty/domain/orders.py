"""The facts of an order, and its net at each instant by the law of ``mandegar.events.orders``."""

from bisect import insort
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from loyalty.domain.lines import Lines
from mandegar.events import orders as law
from mandegar.events.orders import NetOrder, number_of, says

PLACED = "placed"
PAID = "paid"
# Facts that were stored before placements had a word of their own are read as updates.
UPDATED = "snapshot"
CANCELLED = "cancelled"
REFUND = "refund"
DELIVERED = "delivered"
MOVED = "moved"
# A move to somebody who turned out to be the same person.
STAYED = "stayed"
# A lot that was brought along, and a tier that is held until an instant: no facts of an order.
OPENED = "opened"
GRANTED = "granted"
# Points of the lot that a redemption reserved, spent, released, and that were given back: facts of the lot alone.
HELD = "held"
SPENT = "spent"
RELEASED = "released"
RETURNED = "returned"
# Staff took points.
TAKEN = "taken"
# That points paid a part of the order.
PART_PAID = "part_paid"
TAKINGS = frozenset({HELD, SPENT, RELEASED, RETURNED, TAKEN, PART_PAID})
# Of referrals: see ``referral_facts``.
CLAIMED = "claimed"
JUDGED = "judged"
DECIDED = "decided"
TOLD = "told"
ISSUED = "issued"
REPORTED = "reported"
REFERRAL_KINDS = frozenset({CLAIMED, JUDGED, DECIDED, TOLD, ISSUED, REPORTED})
# Something else that the customer did.
ACTED = "acted"
# That an order which has won is worth too little for it, or (with an amount) enough again.
WITHDRAWN = "withdrawn"
# Points that a budget of the shop gave for it, or that went back into the budget.
FUNDED = "funded"
# The coupon of an occasion was issued: a fact of the occasion alone.
COUPON = "coupon"
# A challenge was completed; what counted for it is gone; the customer was told of it. No facts of an order either.
REACHED = "reached"
LOST = "lost"
ANNOUNCED = "announced"
# What changes no other order.
ASIDE = TAKINGS | {DELIVERED, TOLD, ISSUED, ANNOUNCED, COUPON}

# The stage of each kind of snapshot, and what it says if it states no status.
SNAPSHOTS = {
    kind: (stage, says(stage, None)) for kind, stage in ((PLACED, law.PLACED), (PAID, law.PAID), (UPDATED, law.UPDATED))
}


class Fact(NamedTuple):
    """What one event states about an order. Facts sort by the time at which they happened.

    ``amount`` is the total of a snapshot (placed, paid, updated) or what a refund gives back, in billionths.
    ``refund_id`` is set for refunds; of a move it is the customer whose the order became (empty in old facts).
    ``version`` is set for snapshots and cancellations. ``ahead`` is how far the time that the shop wrote lay ahead of
    ``at``; ``status`` is the one that a snapshot states, ``lines`` what it says beside its total.

    Of a lot that was brought along, ``amount`` is its points, ``version`` its last day (an ordinal) or the instant at
    which it expires, as ``status`` says, and ``refund_id`` when it was earned. Of a granted tier, ``amount`` is the
    instant until which it is held, ``refund_id`` its name. Of another act its time is kept, and channel and branch as
    ``lines``; of a date
    in the profile ``amount`` is what ``yearly.code_of`` leaves of it, and of an act that follows from other facts
    ``status`` is why it earns nothing. Of what a budget gave for it, ``amount`` is the points, ``version`` all that the
    act was worth then, ``ahead`` its number, ``refund_id`` the budget. Of a completed challenge, ``amount`` is its
    points, ``version`` the days of their hold, or -1 for those of the programme, and ``refund_id`` its badge. Of a
    coupon that was issued ``refund_id`` is the id under which it is kept.

    Of what a redemption takes, ``amount`` is the points, ``refund_id`` the redemption, ``version`` the instant at which
    a reservation ends, and ``ahead`` the place among the commands of this instant.
    """

    at: int
    event_id: str
    kind: str
    amount: int
    version: int = 0
    refund_id: str = ""
    ahead: int = 0
    status: str = ""
    lines: Lines | None = None


class Step(NamedTuple):
    """From ``at`` on the order is worth ``net``, because of the event ``cause``.

    ``lines`` is what the snapshot that counts says beside its ``total``.
    """

    at: int
    net: int
    cause: str
    total: int = 0
    lines: Lines | None = None


def add_fact(facts: list[Fact], fact: Fact) -> bool:
    """Insert a fact in order of time, unless its event is already there; returns whether it was inserted."""
    for present in facts:
        if present.event_id == fact.event_id:
            return False
    insort(facts, fact)
    return True


def stay(facts: list[Fact], moves: Collection[str]) -> bool:
    """Let those ``moves`` (event ids) take the order from nobody any more; returns whether there were any."""
    places = [place for place, fact in enumerate(facts) if fact.kind == MOVED and fact.event_id in moves]
    for place in places:
        facts[place] = facts[place]._replace(kind=STAYED)
    return bool(places)


def net_steps(facts: Sequence[Fact]) -> list[Step]:
    """The net of an order at each instant since its payment, from the facts dated up to then; empty if unpaid."""
    for paid in facts:
        if paid[2] == PAID or paid[7] == PAID:  # kind, status: an index is faster than a name
            break
    else:
        return []
    paid_at, cause = paid.at, paid.event_id
    if len(facts) == 1 and not paid.status:  # the usual case: the payment is the only fact
        return [Step(paid_at, paid.amount, cause, paid.amount, paid.lines)]
    steps: list[Step] = []
    order: NetOrder[str] = NetOrder()
    stated = None
    if any(fact[8] or fact[2] == DELIVERED for fact in facts):
        facts = [fact for fact in facts if fact[2] != DELIVERED]
        stated = _lines_stated(facts)
    last = len(facts) - 1
    for position, fact in enumerate(facts):
        _tell(order, fact)
        at, event_id = fact.at, fact.event_id
        if at < paid_at or (position < last and facts[position + 1].at == at):
            continue
        lines = None if stated is None else stated.get((order.written, order.stage, order.total))
        steps.append(Step(at, order.net, cause if at == paid_at else event_id, order.total, lines))
    return steps


def is_undone(facts: Sequence[Fact]) -> bool:
    """Whether an order was cancelled or wholly refunded, paid or not; one that became another customer's was not."""
    order = folded(facts)
    if order.moved:
        return False
    return order.cancelled or (order.total > 0 and not order.net)


def folded(facts: Iterable[Fact]) -> NetOrder[str]:
    """An order as all of its facts have it, paid or not."""
    order: NetOrder[str] = NetOrder()
    for fact in facts:
        _tell(order, fact)
    return order


def standings(facts: Sequence[Fact]) -> Iterator[tuple[int, NetOrder[str]]]:
    """The order at each instant of a fact, paid or not: one object, which goes on."""
    order: NetOrder[str] = NetOrder()
    last = len(facts) - 1
    for position, fact in enumerate(facts):
        _tell(order, fact)
        if position == last or facts[position + 1].at != fact.at:
            yield fact.at, order


def _tell(order: NetOrder[str], fact: Fact) -> None:
    """Let the order hear of a fact of its own."""
    at, _, kind, amount, version, refund_id, ahead, status, _ = fact
    written = at + ahead
    if kind == REFUND:
        order.refund(refund_id, written, amount)
    elif kind == MOVED:
        order.move()
    elif kind == CANCELLED:
        order.cancel(written, number_of(version, written))
    elif kind in SNAPSHOTS:
        stage, said = SNAPSHOTS[kind]
        order.snapshot(written, number_of(version, written), stage, amount, says(stage, status) if status else said)


def delivered_at(facts: Sequence[Fact]) -> int | None:
    """When the order was first delivered, if it was."""
    return next((fact.at for fact in facts if fact.kind == DELIVERED), None)


def _lines_stated(facts: Sequence[Fact]) -> dict[tuple[int, int, int], Lines | None]:
    """What snapshots say beside their totals, by when they were written, their stage and total.

    Of several that are alike the one with the highest id counts.
    """
    snapshots = sorted([fact for fact in facts if fact.kind in SNAPSHOTS], key=lambda fact: fact.event_id)
    return {(fact.at + fact.ahead, SNAPSHOTS[fact.kind][0], fact.amount): fact.lines for fact in snapshots}
