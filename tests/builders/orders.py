"""Events of orders as ingest publishes them. Each is named for what it says, so saying it again is a repeat."""

from decimal import Decimal
from typing import Any, TypeAlias

from builders.events import HISTORY, event
from mandegar.events import Event
from mandegar.events.ingest import Item, OrderCancelled, OrderSnapshot, RefundIssued

TOTAL = 10_000_000
Amount: TypeAlias = Decimal | int | str


def order(
    kind: str,
    order_id: str,
    total: Amount,
    *,
    version: int = 1,
    name: str = "",
    channel: str | None = None,
    items: tuple[Item, ...] = (),
    **more: Any,
) -> Event:
    data = OrderSnapshot(
        order_id=order_id, currency="IRR", total=Decimal(total), version=version, channel=channel, items=items
    )
    return event(f"order.{kind}", data, name=name or f"{order_id}-{kind}-{version}", **more)


def paid(order_id: str = "o", total: Amount = TOTAL, **more: Any) -> Event:
    return order("paid", order_id, total, **more)


def historic(order_id: str, total: Amount = TOTAL, **more: Any) -> Event:
    """A paid order out of a historical source."""
    return paid(order_id, total, backfill=True, source=HISTORY, **more)


def cancelled(order_id: str, *, version: int, name: str = "", **more: Any) -> Event:
    data = OrderCancelled(order_id=order_id, version=version)
    return event("order.cancelled", data, name=name or f"{order_id}-c", **more)


def refund(order_id: str, amount: Amount, refund_id: str = "r", *, name: str = "", **more: Any) -> Event:
    data = RefundIssued(refund_id=refund_id, order_id=order_id, currency="IRR", amount=Decimal(amount))
    return event("refund.issued", data, name=name or f"{order_id}-{refund_id}", **more)
