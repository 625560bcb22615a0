"""The live events after the history: an order, its repetition, a refund, and two invalid orders."""

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
# NaN is not valid JSON; a parser that accepts it lets it into sums.
_MALFORMED = b'{"id": "live-3-malformed", "type": "order.paid", "data": {"order_id": "live-3", "total": NaN}}'


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A live event: its description, the expected status, and the result that ingest answered."""

    what: str
    expected: str
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReturningCustomer:
    """The customer of the live events, and the time of their consent."""

    who: Person
    agreed_at: datetime


def returning_customer(orders: Sequence[Order], origin: datetime) -> ReturningCustomer:
    """The customer who paid most, of those with consent and without an order for two months before `origin`."""
    paid: defaultdict[int, int] = defaultdict(int)
    last: dict[int, datetime] = {}
    for order in orders:
        paid[order.customer] += order.rials
        last[order.customer] = max(order.paid_at, last.get(order.customer, order.paid_at))
    silent = [number for number in paid if last[number] < origin - _SILENT and person(number).consents]
    number = max(silent, key=lambda number: (paid[number], number))
    return ReturningCustomer(person(number), first_orders(orders)[number])


async def post_live(door: Door, returning: ReturningCustomer, origin: datetime) -> list[LiveEvent]:
    """Post the live events. Ids, times and bodies are the same in every run, so that another run repeats them."""
    who, agreed_at = returning.who, returning.agreed_at
    order = order_paid("live-1", who, origin + timedelta(seconds=1), _TOTAL, agreed_at=agreed_at)
    refund = refunded("live-1-refund", "live-1", who, origin + timedelta(seconds=2), _REFUND)
    dollars = order_paid("live-2", who, origin + timedelta(seconds=3), 49, agreed_at=agreed_at, currency="USD")
    rest: list[tuple[str, str, EventBody | bytes]] = [
        ("the same order again", "duplicate", order),
        ("a partial refund of it", "accepted", refund),
        ("an order that is not valid JSON", "rejected", _MALFORMED),
        ("an order in dollars", "quarantined", dollars),
    ]
    first = await door.post([order])
    others = await door.post([event for _, _, event in rest])
    return [
        LiveEvent("an order of an inactive customer", "accepted", first[0]),
        *(LiveEvent(what, expected, result) for (what, expected, _), result in zip(rest, others, strict=True)),
    ]
