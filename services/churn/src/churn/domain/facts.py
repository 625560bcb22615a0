"""What each event means for a customer's state. All of it commutes, so the order of arrival does not matter."""

from typing import NamedTuple

from churn.domain import orders
from churn.domain.customer import Customer
from churn.domain.purchases import Paid, paid_of
from churn.domain.signals.noted import VISITS, noted
from churn.domain.visit_months import with_visit
from mandegar.events import Event
from mandegar.events.orders import STAGES, pays
from mandegar.events.registry import INTERACTION_TYPES, ORDER_TYPES
from mandegar.quantities import to_us

# What says how the customer fares, and is no act of theirs.
FARING_TYPES = frozenset({"order.delivered", "ticket.answered", "promise.made", "promise.kept", "promise.broken"})
TYPES = ORDER_TYPES | INTERACTION_TYPES | FARING_TYPES


class Turn(NamedTuple):
    """That an order counts as ``after`` where it counted as ``before``."""

    name: int
    before: Paid | None
    after: Paid | None


def take_in(customer: Customer, event: Event) -> Turn | None:
    """Take an act of the customer into their state; returns what it changes in the purchases, if anything.

    ``ValueError`` for an act that does not fit into the state; ``OrdersMissing`` if its order may be an older one.
    """
    customer.signals = noted(customer.signals, event)
    if event.type in VISITS:
        customer.visit_months = with_visit(customer.visit_months, to_us(event.time))
    if event.type in FARING_TYPES:
        return None
    if customer.last_event_at is None or event.time > customer.last_event_at:
        customer.last_event_at = event.time
    if event.type in ORDER_TYPES:
        name = orders.hash_id(event.data.order_id)
        order = customer.open(name)
        before = None if order is None else paid_of(order)
        take_in_order(customer.orders, event)
        after = paid_of(customer.orders[name])
        return None if before == after else Turn(name, before, after)
    if event.type == "ticket.opened":
        customer.tickets_opened += 1
    elif event.type == "ticket.closed":
        customer.tickets_closed += 1
    customer.interactions += 1
    if customer.last_interaction_at is None or event.time > customer.last_interaction_at:
        customer.last_interaction_at = event.time
    return None


def take_in_order(known: orders.Orders, event: Event) -> None:
    """Take in what an event of ``ORDER_TYPES`` says of its order."""
    data, at_us = event.data, to_us(event.time)
    if event.type == "order.moved":
        orders.record_move(known, data.order_id)
        return
    written_us = at_us if data.written_at is None else data.written_at
    if event.type == "refund.issued":
        orders.record_refund(known, data.order_id, data.refund_id, data.amount, written_us)
    elif event.type == "order.cancelled":
        orders.record_cancel(known, data.order_id, data.version, written_us)
    else:
        stage = STAGES[event.type]
        orders.record_snapshot(known, data.order_id, data.total, data.version, written_us, stage, data.status)
        if pays(stage, data.status):
            orders.record_payment(known, data.order_id, at_us)
