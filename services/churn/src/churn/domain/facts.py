"""What each event means for a customer's state. All of it commutes, so the order of arrival does not matter."""

from churn.domain import orders
from churn.domain.customer import Customer
from mandegar.events import Event
from mandegar.events.registry import INTERACTION_TYPES, ORDER_TYPES
from mandegar.quantities import to_us

TYPES = ORDER_TYPES | INTERACTION_TYPES


def take_in(customer: Customer, event: Event) -> None:
    """Take an act of the customer into their state; ``ValueError`` for one that does not fit into it."""
    if customer.last_event_at is None or event.time > customer.last_event_at:
        customer.last_event_at = event.time
    if event.type in ORDER_TYPES:
        _take_in_order(customer.orders, event)
        return
    if event.type == "ticket.opened":
        customer.tickets_opened += 1
    elif event.type == "ticket.closed":
        customer.tickets_closed += 1
    customer.interactions += 1
    if customer.last_interaction_at is None or event.time > customer.last_interaction_at:
        customer.last_interaction_at = event.time


def _take_in_order(packed: orders.Orders, event: Event) -> None:
    data = event.data
    if event.type == "refund.issued":
        orders.record_refund(packed, data.order_id, data.refund_id, data.amount, to_us(event.time), event.id)
    elif event.type == "order.cancelled":
        orders.record_cancel(packed, data.order_id, data.version, event.id)
    else:
        orders.record_snapshot(packed, data.order_id, data.total, data.version, event.id)
        if event.type == "order.paid":
            orders.record_payment(packed, data.order_id, to_us(event.time))
