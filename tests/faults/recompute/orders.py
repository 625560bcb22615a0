"""A second opinion on churn's packed orders: each order folded anew from all that the topic says of it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from churn.domain.orders import Order, Orders, hash_id
from mandegar.events import CustomerKey, Event
from mandegar.events.orders import Refund
from mandegar.events.registry import ORDER_TYPES
from mandegar.quantities import to_us

UNITS = 10_000


def orders_of(events: Iterable[Event]) -> Mapping[CustomerKey, Orders]:
    """Every customer's orders, in the form in which churn's pure functions read them."""
    by_order: dict[CustomerKey, dict[str, list[Event]]] = {}
    for event in events:
        if event.type in ORDER_TYPES:
            by_order.setdefault(event.customer, {}).setdefault(event.data.order_id, []).append(event)
    return {
        customer: {hash_id(order_id): _fold(facts) for order_id, facts in orders.items()}
        for customer, orders in by_order.items()
    }


def _fold(facts: list[Event]) -> Order:
    """The newest snapshot or cancellation, the earliest payment, and of each refund the latest amount."""
    order = Order(0)
    words = [fact for fact in facts if fact.type != "refund.issued"]
    if words:
        newest = max(words, key=lambda fact: (fact.data.version, fact.id.int >> 64))
        order.version, order.event_id = newest.data.version, newest.id.int >> 64
        order.cancelled = newest.type == "order.cancelled"
        order.total = 0 if order.cancelled else _units(newest.data.total)
    if paid := [fact.time for fact in facts if fact.type == "order.paid"]:
        order.paid_at = to_us(min(paid))
    for fact in sorted(facts, key=lambda fact: (fact.time, fact.id.int >> 64)):
        if fact.type == "refund.issued":
            order.refunds = order.refunds or {}
            name = hash_id(fact.data.refund_id)
            order.refunds[name] = Refund(to_us(fact.time), fact.id.int >> 64, _units(fact.data.amount))
    order.refunded = sum(refund.amount for refund in (order.refunds or {}).values())
    return order


def same_orders(one: Orders, other: Orders) -> bool:
    """Whether two folds say the same of the same orders."""
    return {key: _said(order) for key, order in one.items()} == {key: _said(order) for key, order in other.items()}


def _said(order: Order) -> tuple[object, ...]:
    refunds = sorted((order.refunds or {}).items())
    return order.version, order.event_id, order.total, order.paid_at, order.cancelled, refunds


def _units(amount: Decimal) -> int:
    return round(Fraction(amount) * UNITS)
