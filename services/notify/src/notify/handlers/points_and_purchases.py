"""What the messages tell or depend on besides addresses: points, tier, and the last purchase."""

from collections.abc import Sequence
from datetime import datetime

from notify.handlers.contacts import newest_by_version
from notify.queries import contacts as queries
from notify.queries.contacts import PointsRow, PurchaseRow
from shared.database import Connection
from shared.events import CustomerKey, Event


async def on_points_posted(connection: Connection, events: Sequence[Event]) -> None:
    """Keep spendable points and tier of each customer's newest ledger entry."""
    newest = newest_by_version(events)
    if newest:
        rows = [
            PointsRow(*key, event.data.version, event.data.balance.available, event.data.tier)
            for key, event in newest.items()
        ]
        await queries.save_points(connection, rows)


async def on_order_paid(connection: Connection, events: Sequence[Event]) -> None:
    """Keep the instant of each customer's latest purchase."""
    latest: dict[CustomerKey, datetime] = {}
    for event in events:
        latest[event.customer] = max(event.time, latest.get(event.customer, event.time))
    if latest:
        await queries.save_purchases(connection, [PurchaseRow(*key, at) for key, at in latest.items()])
