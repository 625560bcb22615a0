"""Events of a shop's orders as ingest publishes them, told relative to noon; one name is one event."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from harness.in_process import NOON, SHOP
from mandegar.events import Event
from mandegar.events.ingest import OrderCancelled, OrderSnapshot, RefundIssued, ShopUpdated, SourceClosed

LIVE = "urn:mandegar:shop:s:source:live"
HISTORY = "urn:mandegar:shop:s:source:history"


def event(type_: str, data: object, *, name: str, days: float = 0, customer: str | None = "c", **more: Any) -> Event:
    """An event that happened ``days`` after noon; the same ``name`` is the same event."""
    time = NOON + timedelta(days=days)
    values = {"shop": SHOP, "recorded_time": max(time, NOON), "source": LIVE, **more}
    return Event(id=uuid5(NAMESPACE_OID, name), type=type_, time=time, data=data, customer_id=customer, **values)


def order(kind: str, order_id: str, total: int | str, *, version: int = 1, name: str = "", **more: Any) -> Event:
    data = OrderSnapshot(order_id=order_id, currency="IRR", total=Decimal(total), version=version)
    return event(f"order.{kind}", data, name=name or f"{order_id}-{kind}-{version}", **more)


def cancelled(order_id: str, *, version: int, **more: Any) -> Event:
    return event("order.cancelled", OrderCancelled(order_id=order_id, version=version), name=f"{order_id}-c", **more)


def refund(order_id: str, amount: int, refund_id: str = "r", **more: Any) -> Event:
    data = RefundIssued(refund_id=refund_id, order_id=order_id, currency="IRR", amount=Decimal(amount))
    return event("refund.issued", data, name=f"{order_id}-{refund_id}", **more)


def shop_updated(version: int = 1, *, shop: str = SHOP, zone: str = "Asia/Tehran") -> Event:
    data = ShopUpdated(
        version=version, name="Shop", zone=zone, currency="IRR", locale="fa", phone_region="IR",
        sender_email="shop@example.test", sms_sender="1000",
    )  # fmt: skip
    return event("shop.updated", data, name=f"{shop}-{version}", customer=None, shop=shop)


def source_closed(partition: int) -> Event:
    data = SourceClosed(source_id="history", partition=partition)
    return event("source.closed", data, name=f"closed-{partition}", customer=None, source=HISTORY)
