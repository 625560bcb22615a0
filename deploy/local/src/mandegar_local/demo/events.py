"""The events of the demo in ingest's native form."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mandegar_local.demo.orders import Order
from mandegar_local.demo.people import Person, person

CURRENCY = "IRR"
EventBody = dict[str, Any]


def history(orders: Sequence[Order]) -> list[EventBody]:
    """An `order.paid` event for each order, in the order of the file, with the customer's full contact data."""
    agreed = first_orders(orders)
    return [
        order_paid(order.order_id, person(order.customer), order.paid_at, order.rials, agreed_at=agreed[order.customer])
        for order in orders
    ]


def first_orders(orders: Sequence[Order]) -> Mapping[int, datetime]:
    """The time of each customer's first order, at which those who consent to messages gave their consent."""
    first: dict[int, datetime] = {}
    for order in orders:
        first[order.customer] = min(order.paid_at, first.get(order.customer, order.paid_at))
    return first


def order_paid(
    order_id: str, who: Person, at: datetime, amount: int, *, agreed_at: datetime, currency: str = CURRENCY
) -> EventBody:
    """An `order.paid` event, whose id is that of its order."""
    return {
        "id": order_id,
        "type": "order.paid",
        "time": at.isoformat(),
        "customer": who.block(agreed_at),
        "data": {"order_id": order_id, "currency": currency, "total": str(amount)},
    }


def refunded(refund_id: str, order_id: str, who: Person, at: datetime, amount: int) -> EventBody:
    """A `refund.issued` event."""
    return {
        "id": refund_id,
        "type": "refund.issued",
        "time": at.isoformat(),
        "customer": {"id": who.customer_id},
        "data": {"refund_id": refund_id, "order_id": order_id, "currency": CURRENCY, "amount": str(amount)},
    }


def batches(events: Sequence[EventBody], size: int) -> list[Sequence[EventBody]]:
    """The events in lists of at most `size`."""
    return [events[start : start + size] for start in range(0, len(events), size)]
