"""Order events as facts of an order."""

from collections.abc import Collection
from uuid import UUID

from msgspec import to_builtins

from loyalty.domain.money import billionths
from loyalty.domain.orders import CANCELLED, MOVED, PAID, PLACED, REFUND, STAYED, UPDATED, Fact
from mandegar.events import Event
from mandegar.quantities import to_us

_SNAPSHOTS = {"order.placed": PLACED, "order.paid": PAID, "order.updated": UPDATED}


def fact_of(event: Event, stays: Collection[UUID] = ()) -> Fact:
    """The fact that an order event states; the moves ``stays`` are to the same person."""
    at, event_id, data = to_us(event.time), to_builtins(event.id), event.data
    if event.type == "order.moved":
        return Fact(at, event_id, STAYED if event.id in stays else MOVED, 0, 0, data.to)
    ahead = 0 if data.written_at is None else data.written_at - at
    if event.type == "refund.issued":
        return Fact(at, event_id, REFUND, billionths(data.amount), 0, data.refund_id, ahead)
    if event.type == "order.cancelled":
        return Fact(at, event_id, CANCELLED, 0, data.version, "", ahead)
    kind = _SNAPSHOTS[event.type]
    return Fact(at, event_id, kind, billionths(data.total), data.version, "", ahead, data.status or "")
