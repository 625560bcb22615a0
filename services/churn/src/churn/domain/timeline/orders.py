"""Entries of orders: one for each order, whose worth is that of the law of an order, and one for each refund.

The data of an order has its record (``churn.domain.packing``), from which total, net and state follow, and what the
newest snapshot says besides: of those with a number and of the others, because which of both counts depends on all.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from json import dumps
from typing import Any, Final
from uuid import UUID

from churn.domain.facts import take_in_order
from churn.domain.orders import REFUNDS_MAX, Order, Orders, hash_id, money, units
from churn.domain.packing import order_of, pack_order
from churn.domain.timeline.entry import MOVED, ORDER, ORDERS, WAITING, Entry, entry_id, stated
from mandegar.events import Event
from mandegar.events.ingest import OrderSnapshot
from mandegar.events.orders import NOT_PAID, STAGES, Newest, number_of
from mandegar.quantities import to_us

# How many items and categories an entry has; an order may have thousands.
ITEMS_MAX: Final = 5
CATEGORIES_MAX: Final = 5
_NOTHING_STANDS: Final = frozenset({"cancelled", "refunded"})
SNAPSHOTS: Final = ("plain", "numbered")


def entries_of_order(event: Event) -> Iterator[Entry]:
    """The entries that an event about an order makes."""
    data, key = event.data, event.customer
    told: dict[str, Any] = {"order_id": data.order_id}
    if event.type == "order.delivered":
        told["delivered_us"] = to_us(event.time)
    else:
        orders: Orders = {}
        take_in_order(orders, event)
        told["record"] = _text(data.order_id, orders[hash_id(data.order_id)])
    if event.type in STAGES:
        told |= _snapshot(event)
    yield settled(Entry(*key, entry_id(event.shop, ORDER, data.order_id), WAITING, event.time, ORDER, told), event.time)
    if event.type == "refund.issued":
        fields = {
            "order_id": data.order_id,
            "refund_id": data.refund_id,
            "amount": _plain(data.amount),
            "currency": data.currency,
        }
        written = to_us(event.time) if data.written_at is None else data.written_at
        id_ = refund_entry_id(event.shop, data.order_id, hash_id(data.refund_id))
        yield Entry(
            *key, id_, ORDERS, event.time, "refund", stated("issued", event.time, fields, (written, units(data.amount)))
        )


def refund_entry_id(shop: str, order_id: str, refund: int) -> UUID:
    """The id of the entry of a refund, which is named by its hash."""
    return entry_id(shop, "refund", order_id, str(refund))


def refunds_of(entry: Entry) -> list[UUID]:
    """The ids of the entries of an order's refunds."""
    refunds = _order_in(entry.data).refunds or {}
    return [refund_entry_id(entry.shop, entry.data["order_id"], refund) for refund in refunds]


def combine_orders(one: Entry, other: Entry) -> Entry:
    """Both entries of one order as one, by the law of an order."""
    data = {**one.data, **other.data}
    records = [each.data["record"] for each in (one, other) if "record" in each.data]
    if len(records) > 1:
        order = order_of(b64decode(records[0]))
        order.take_over(order_of(b64decode(records[1])))
        if order.refunds and len(order.refunds) > REFUNDS_MAX:
            raise ValueError(f"more than {REFUNDS_MAX} refunds of one order")
        data["record"] = _text(data["order_id"], order)
    delivered = [each.data["delivered_us"] for each in (one, other) if "delivered_us" in each.data]
    if delivered:
        data["delivered_us"] = min(delivered)
    for name in SNAPSHOTS:
        snapshots = [each.data[name] for each in (one, other) if name in each.data]
        if len(snapshots) > 1:
            data[name] = max(snapshots, key=_rank)
    begun = [each.at for each in (one, other) if has_snapshot(each.data)] or [one.at, other.at]
    return settled(Entry(one.shop, one.customer_id, one.entry_id, one.kind, one.at, ORDER, data), min(begun))


def settled(entry: Entry, at: datetime) -> Entry:
    """The entry at ``at``, under the kind that its data give: an order is shown once a snapshot has told of it."""
    entry.at = at
    if "record" in entry.data and _order_in(entry.data).moved:
        entry.kind = MOVED
    else:
        entry.kind = ORDERS if has_snapshot(entry.data) else WAITING
    return entry


def has_snapshot(data: Mapping[str, Any]) -> bool:
    """Whether a snapshot has told of an order."""
    return any(name in data for name in SNAPSHOTS)


def order_shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """The order of an entry that has a snapshot, as a reader sees it. Amounts are decimal strings."""
    order = _order_in(data)
    snapshot = _shown_snapshot(data, order)
    total = order.total if order.stage else snapshot["total"]
    shown = {
        "order_id": data["order_id"],
        "state": _state(order),
        "currency": snapshot["currency"],
        "total": f"{money(total):.2f}",
        "refunded": f"{money(min(order.refunded, total)):.2f}",
        "net": f"{money(order.net):.2f}",
        "items": snapshot["items"],
        "lines": snapshot["lines"],
        "first_items": [{"product_id": product, "quantity": quantity} for product, quantity in snapshot["first"]],
        "categories": snapshot.get("categories", {}),
        "channel": snapshot.get("channel"),
        "branch": snapshot.get("branch"),
        "paid_us": None if order.paid_at == NOT_PAID else order.paid_at,
        "delivered_us": data.get("delivered_us"),
    }
    return {name: value for name, value in shown.items() if value is not None}


def categories_bought(data: Mapping[str, Any]) -> Mapping[str, str]:
    """The categories in the order of an entry that has a snapshot, with their quantities; empty if nothing stands."""
    if not any("categories" in data[name] for name in SNAPSHOTS if name in data):
        return {}
    order = _order_in(data)
    if _state(order) in _NOTHING_STANDS:
        return {}
    categories: Mapping[str, str] = _shown_snapshot(data, order).get("categories", {})
    return categories


def _state(order: Order) -> str:
    if order.cancelled:
        return "cancelled"
    if order.refunded and order.refunded >= order.total:
        return "refunded"
    if order.refunded:
        return "partly_refunded"
    return "placed" if order.paid_at == NOT_PAID else "paid"


def _shown_snapshot(data: Mapping[str, Any], order: Order) -> dict[str, Any]:
    """The snapshot that counts; where a cancellation with a higher number hides it, the latest one there is."""
    snapshots: list[dict[str, Any]] = [data[name] for name in SNAPSHOTS if name in data]
    counts = Newest(order.written, order.stage, -order.total)
    plain, numbered = snapshots[0], snapshots[-1]
    return plain if _newest(plain) == counts and _newest(numbered) != counts else numbered


def _snapshot(event: Event) -> dict[str, Any]:
    """What a snapshot says beside what the record has, by whether it has a number."""
    data: OrderSnapshot = event.data
    written = to_us(event.time) if data.written_at is None else data.written_at
    number = number_of(data.version, written)
    categories: dict[str, Decimal] = {}
    for item in data.items:
        if item.category:
            categories[item.category] = categories.get(item.category, Decimal(0)) + item.quantity
    most = sorted(categories, key=lambda name: (-categories[name], name))[:CATEGORIES_MAX]
    fields = {
        "rank": [written, STAGES[event.type]] if number is None else [number, written, STAGES[event.type]],
        "total": units(data.total),
        "currency": data.currency,
        "items": _plain(sum((item.quantity for item in data.items), Decimal(0))),
        "lines": len(data.items),
        "first": [[item.product_id, _plain(item.quantity)] for item in data.items[:ITEMS_MAX]],
        "categories": {name: _plain(categories[name]) for name in most} or None,
        "channel": data.channel,
        "branch": data.branch,
    }
    return {SNAPSHOTS[number is not None]: {name: value for name, value in fields.items() if value is not None}}


def _rank(snapshot: Mapping[str, Any]) -> tuple[list[int], int, str]:
    """Snapshots in the order in which they count; of two that are equal in it, one whichever came first."""
    return snapshot["rank"], -snapshot["total"], dumps(snapshot, sort_keys=True)


def _newest(snapshot: Mapping[str, Any]) -> Newest:
    written, stage = snapshot["rank"][-2:]
    return Newest(written, stage, -snapshot["total"])


def _order_in(data: Mapping[str, Any]) -> Order:
    if "record" not in data:
        return Order()
    return order_of(b64decode(data["record"]))


def _text(order_id: str, order: Order) -> str:
    return b64encode(pack_order(hash_id(order_id), order)).decode()


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else "0"
