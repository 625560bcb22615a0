"""A handful of live events behind the history: an order and its repeat, a refund, and two that are not right."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mandegar_local.demo.door import Door
from mandegar_local.demo.events import EventBody, first_orders, order_paid, refunded
from mandegar_local.demo.orders import Order
from mandegar_local.demo.people import Person, person

_SILENT = timedelta(days=60)
_TOTAL, _REFUND = 24_500_000, 4_500_000
# NaN is no JSON; a door that reads it anyway has poisoned its sums.
_MALFORMED = b'{"id": "live-3-malformed", "type": "order.paid", "data": {"order_id": "live-3", "total": NaN}}'


@dataclass(frozen=True, slots=True)
class Moment:
    """One live event: what it is, what the door should say of it, and what it said."""

    what: str
    expected: str
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Returning:
    """Who comes back, and when they agreed to be written to."""

    who: Person
    agreed_at: datetime


def returning_customer(orders: Sequence[Order], origin: datetime) -> Returning:
    """Of those who agreed to messages and have been silent for two months at `origin`, the one who paid most."""
    paid: defaultdict[int, int] = defaultdict(int)
    last: dict[int, datetime] = {}
    for order in orders:
        paid[order.customer] += order.rials
        last[order.customer] = max(order.paid_at, last.get(order.customer, order.paid_at))
    silent = [number for number in paid if last[number] < origin - _SILENT and person(number).consents]
    number = max(silent, key=lambda number: (paid[number], number))
    return Returning(person(number), first_orders(orders)[number])


async def post_live(door: Door, returning: Returning, origin: datetime) -> list[Moment]:
    """Post them; their ids, times and bodies are the same in every run, so that a later run repeats them all."""
    who, agreed_at = returning.who, returning.agreed_at
    order = order_paid("live-1", who, origin + timedelta(seconds=1), _TOTAL, agreed_at=agreed_at)
    refund = refunded("live-1-refund", "live-1", who, origin + timedelta(seconds=2), _REFUND)
    dollars = order_paid("live-2", who, origin + timedelta(seconds=3), 49, agreed_at=agreed_at, currency="USD")
    rest: list[tuple[str, str, EventBody | bytes]] = [
        ("the same order again", "duplicate", order),
        ("a part of it refunded", "accepted", refund),
        ("an order that is no JSON", "rejected", _MALFORMED),
        ("an order in dollars", "quarantined", dollars),
    ]
    first = await door.post([order])
    others = await door.post([event for _, _, event in rest])
    return [
        Moment("an order of a silent customer", "accepted", first[0]),
        *(Moment(what, expected, result) for (what, expected, _), result in zip(rest, others, strict=True)),
    ]
