"""Order events as facts of an order."""

from msgspec import to_builtins

from loyalty.domain.money import billionths
from loyalty.domain.orders import CANCELLED, PAID, REFUND, SNAPSHOT, Fact
from mandegar.events import Event
from mandegar.quantities import to_us

_SNAPSHOTS = {"order.placed": SNAPSHOT, "order.paid": PAID, "order.updated": SNAPSHOT}


def fact_of(event: Event) -> Fact:
    """The fact that an order event states."""
    at, event_id, data = to_us(event.time), to_builtins(event.id), event.data
    if event.type == "refund.issued":
        return Fact(at, event_id, REFUND, billionths(data.amount), 0, data.refund_id)
    if event.type == "order.cancelled":
        return Fact(at, event_id, CANCELLED, 0, data.version)
    return Fact(at, event_id, _SNAPSHOTS[event.type], billionths(data.total), data.version)
