"""The events of the demo in the native form, as a shop without a platform would write them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mandegar_local.demo.orders import Order
from mandegar_local.demo.people import Person, person

CURRENCY = "IRR"
EventBody = dict[str, Any]


def history(orders: Sequence[Order]) -> list[EventBody]:
    """`order.paid` of every order, in the order of the file, each with all that the shop knows of its customer."""
    agreed = first_orders(orders)
    return [
        order_paid(order.order_id, person(order.customer), order.paid_at, order.rials, agreed_at=agreed[order.customer])
        for order in orders
    ]


def first_orders(orders: Sequence[Order]) -> Mapping[int, datetime]:
    """When each customer ordered first: that is when those who agree to messages said so."""
    first: dict[int, datetime] = {}
    for order in orders:
        first[order.customer] = min(order.paid_at, first.get(order.customer, order.paid_at))
    return first


def order_paid(
    order_id: str, who: Person, at: datetime, amount: int, *, agreed_at: datetime, currency: str = CURRENCY
) -> EventBody:
    """`order.paid`; the event has the id of its order."""
    return {
        "id": order_id,
        "type": "order.paid",
        "time": at.isoformat(),
        "customer": who.block(agreed_at),
        "data": {"order_id": order_id, "currency": currency, "total": str(amount)},
    }


def refunded(refund_id: str, order_id: str, who: Person, at: datetime, amount: int) -> EventBody:
    """`refund.issued`: part of an order's money given back."""
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
