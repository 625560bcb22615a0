"""What the messages tell or depend on besides addresses: points, tier, and the last purchase."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import Connection
from mandegar.events import CustomerKey, Event
from notify.contacts.apply import newest_by_version
from notify.contacts.rows import NewsRow, save_news


async def on_points_and_purchases(connection: Connection, posted: Sequence[Event], paid: Sequence[Event]) -> None:
    """Keep points and tier of each customer's newest ledger entry, and the instant of their latest purchase."""
    newest = newest_by_version(posted)
    latest: dict[CustomerKey, datetime] = {}
    for event in paid:
        latest[event.customer] = max(event.time, latest.get(event.customer, event.time))
    news = [_news(key, newest.get(key), latest.get(key)) for key in newest.keys() | latest.keys()]
    if news:
        await save_news(connection, news)


def _news(key: CustomerKey, posted: Event | None, paid_at: datetime | None) -> NewsRow:
    if posted is None:
        return NewsRow(*key, points_version=0, points=None, tier=None, paid_at=paid_at)
    data = posted.data
    return NewsRow(*key, points_version=data.version, points=data.balance.available, tier=data.tier, paid_at=paid_at)
