"""Events as facts: of an order, of a lot that a customer brought along, of the tiers that they were granted."""

from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import to_builtins

from loyalty.domain.lines import Line, Lines, line_of, lines_together
from loyalty.domain.money import billionths
from loyalty.domain.opening import DAY, INSTANT, key_of_lot, key_of_tier
from loyalty.domain.orders import (
    CANCELLED,
    DELIVERED,
    GRANTED,
    MOVED,
    OPENED,
    PAID,
    PLACED,
    REFUND,
    STAYED,
    UPDATED,
    Fact,
)
from mandegar.events import Event
from mandegar.events.ingest import Item, OrderSnapshot
from mandegar.events.registry import OPENING_TYPES
from mandegar.quantities import to_us

_NOWHERE = (None, None)
_NO_PARTS = (None, None, None)
_SNAPSHOTS = {"order.placed": PLACED, "order.paid": PAID, "order.updated": UPDATED}


def told_by(event: Event, stays: Collection[UUID] = ()) -> tuple[str, Fact]:
    """The fact that an event states, and the id under which it is kept; the moves ``stays`` are to the same person."""
    if event.type not in OPENING_TYPES:
        return event.data.order_id, fact_of(event, stays)
    if event.type == "points.opened":
        return key_of_lot(event.data.lot_id), _opened(event)
    return key_of_tier(event.data.tier), _granted(event)


def _opened(event: Event) -> Fact:
    data, at = event.data, to_us(event.time)
    ahead = 0 if data.written_at is None else data.written_at - at
    earned_at = "" if data.earned_at is None else data.earned_at.isoformat()
    end, how = 0, ""
    if data.last_day is not None:
        end, how = data.last_day.toordinal(), DAY
    elif data.expires_at is not None:
        end, how = to_us(data.expires_at), INSTANT
    return Fact(at, to_builtins(event.id), OPENED, data.points, end, earned_at, ahead, how)


def _granted(event: Event) -> Fact:
    at = to_us(event.time)
    ahead = 0 if event.data.written_at is None else event.data.written_at - at
    return Fact(at, to_builtins(event.id), GRANTED, to_us(event.data.until), 0, event.data.tier, ahead)


def fact_of(event: Event, stays: Collection[UUID] = ()) -> Fact:
    """The fact that an order event states; the moves ``stays`` are to the same person."""
    at, event_id, data = to_us(event.time), to_builtins(event.id), event.data
    if event.type == "order.moved":
        return Fact(at, event_id, STAYED if event.id in stays else MOVED, 0, 0, data.to)
    if event.type == "order.delivered":
        return Fact(at, event_id, DELIVERED, 0)
    ahead = 0 if data.written_at is None else data.written_at - at
    if event.type == "refund.issued":
        return Fact(at, event_id, REFUND, billionths(data.amount), 0, data.refund_id, ahead)
    if event.type == "order.cancelled":
        return Fact(at, event_id, CANCELLED, 0, data.version, "", ahead)
    kind = _SNAPSHOTS[event.type]
    return Fact(at, event_id, kind, billionths(data.total), data.version, "", ahead, data.status or "", lines_of(data))


def lines_of(order: OrderSnapshot) -> Lines | None:
    """What an order says beside its total; None if that is nothing."""
    places, discount = (order.channel, order.branch), order.discount
    parts = (order.shipping, order.tax, order.gift_cards)
    if places == _NOWHERE and parts == _NO_PARTS and discount is None:  # the usual case
        return Lines(_items(order.items)) if order.items else None
    channel, branch = places
    shipping, tax, gift_cards = [billionths(part) if part else 0 for part in parts]
    off = None if discount is None else billionths(discount)
    return Lines(_items(order.items), channel or "", branch or "", shipping, tax, gift_cards, off)


def _items(items: Sequence[Item]) -> tuple[Line, ...]:
    return lines_together(
        [line_of(item.product_id, item.quantity, item.unit_price, item.category, item.gift_card) for item in items]
    )
