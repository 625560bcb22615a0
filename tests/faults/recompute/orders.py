"""A second opinion on churn's packed orders: each order folded anew from all that the topic says of it."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from churn.domain.orders import Order, Orders, hash_id
from faults.recompute.clerk import opinion
from mandegar.events import CustomerKey, Event
from mandegar.events.orders import NOT_PAID, Refund
from mandegar.events.registry import ORDER_TYPES
from mandegar.quantities import to_us

UNITS = 10_000


def orders_of(
    events: Iterable[Event], person: Callable[[Event], CustomerKey] = attrgetter("customer")
) -> Mapping[CustomerKey, Orders]:
    """Every customer's orders, in the form in which churn's pure functions read them."""
    by_order: dict[CustomerKey, dict[str, list[Event]]] = {}
    for event in events:
        if event.type in ORDER_TYPES:
            by_order.setdefault(person(event), {}).setdefault(event.data.order_id, []).append(event)
    return {
        customer: {hash_id(order_id): _fold(facts) for order_id, facts in orders.items()}
        for customer, orders in by_order.items()
    }


def _fold(facts: list[Event]) -> Order:
    """The clerk's opinion as an order of churn's."""
    clerk = opinion(facts)
    paid_at = NOT_PAID if clerk.paid_at is None else to_us(clerk.paid_at)
    order = Order(total=_units(clerk.total), stated=int(not clerk.stands), paid_at=paid_at)
    if clerk.refunds:
        order.refunds = {
            hash_id(name): Refund(to_us(written), _units(amount)) for name, (written, amount) in clerk.refunds.items()
        }
        order.refunded = sum(refund.amount for refund in order.refunds.values())
    return order


def same_orders(one: Orders, other: Orders) -> bool:
    """Whether two folds agree on each order: total, refunds, whether it stands, and since when it is paid."""
    return {key: _worth(order) for key, order in one.items()} == {key: _worth(order) for key, order in other.items()}


def _worth(order: Order) -> tuple[object, ...]:
    total = 0 if order.cancelled else order.total
    return order.cancelled, total, order.paid_at, sorted((order.refunds or {}).items())


def _units(amount: Decimal) -> int:
    return round(Fraction(amount) * UNITS)
