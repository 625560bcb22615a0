"""A batch of the events that other services publish, applied kind by kind."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import Connection
from mandegar.events import Event
from mandegar.shops import record_shops
from notify.contacts.apply import on_contact_updated, on_customer_updated, on_points_and_purchases
from notify.sends.apply import start_journeys, withdraw_after_purchase

TYPES = frozenset(
    {
        "contact.updated",
        "customer.updated",
        "shop.updated",
        "order.paid",
        "points.posted",
        "points.expiring",
        "band.crossed",
    }
)


async def apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
    """Apply a batch, kind by kind: whatever the order, the arbiter looks again before anything goes out."""
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(event.type, []).append(event)
    await record_shops(connection, by_type.get("shop.updated", []))
    await on_contact_updated(connection, by_type.get("contact.updated", []))
    await on_customer_updated(connection, by_type.get("customer.updated", []))
    await on_points_and_purchases(connection, by_type.get("points.posted", []), by_type.get("order.paid", []))
    withheld = await start_journeys(connection, events, now)
    exited = await withdraw_after_purchase(connection, by_type.get("order.paid", []), now)
    return [*withheld, *exited]
