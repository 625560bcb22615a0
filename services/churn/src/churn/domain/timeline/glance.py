"""What a history tells at a glance: what was ordered last, what is usually ordered, and how tickets stand."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from churn.domain.timeline.entry import shown_of
from churn.domain.timeline.orders import categories_bought, order_shown
from mandegar.quantities import from_us, lenient_decimal

Data = Mapping[str, Any]

_OF_LAST_ORDER: Final = ("order_id", "state", "currency", "total", "net", "items", "lines")
_TICKET_CLOSED: Final = "closed"


def last_order(newest: Data) -> dict[str, Any]:
    """The order of an entry, with its first items."""
    shown = order_shown(newest)
    return {**{name: shown[name] for name in _OF_LAST_ORDER}, "first_items": shown["first_items"]}


def favourite_category(orders: Sequence[Data]) -> str | None:
    """The category that is in most of some orders, as far as they stand; of several that of which the most was bought.

    None if no order names a category.
    """
    times: dict[str, int] = {}
    quantities: dict[str, Decimal] = {}
    for order in orders:
        for name, quantity in categories_bought(order).items():
            times[name] = times.get(name, 0) + 1
            quantities[name] = quantities.get(name, Decimal(0)) + lenient_decimal(quantity)
    return min(times, key=lambda name: (-times[name], -quantities[name], name)) if times else None


def tickets_at_a_glance(tickets: Sequence[Data]) -> dict[str, Any]:
    """How many of some tickets are open, and the first of them with its state."""
    if not tickets:
        return {"open": 0, "last": None}
    told = [shown_of("ticket", each) for each in tickets]
    state, fields = told[0]
    return {
        "open": sum(state != _TICKET_CLOSED for state, _ in told),
        "last": {
            "ticket_id": fields["ticket_id"],
            "state": state,
            "since": from_us(tickets[0][state]["us"]),
            "category": fields.get("category"),
            "priority": fields.get("priority"),
        },
    }
