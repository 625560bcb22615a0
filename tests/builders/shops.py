"""Events of a shop itself and of its sources."""

from typing import Any

from builders.events import HISTORY, SHOP, event
from mandegar.events import Event
from mandegar.events.ingest import ShopUpdated, SourceClosed


def shop_updated(version: int = 1, *, shop: str = SHOP, **changes: Any) -> Event:
    """The settings of a shop in Tehran, but for ``changes``."""
    settings = {
        "name": "فروشگاه نارنج", "zone": "Asia/Tehran", "currency": "IRR", "locale": "fa", "phone_region": "IR",
        "sender_email": "hello@shop.example.test", "sms_sender": "10004346",
    }  # fmt: skip
    data = ShopUpdated(version=version, **(settings | changes))
    return event("shop.updated", data, name=f"{shop}-{version}", customer=None, shop=shop)


def source_closed(partition: int) -> Event:
    """The end of the historical source, as each partition hears of it."""
    data = SourceClosed(source_id="history", partition=partition)
    return event("source.closed", data, name=f"closed-{partition}", customer=None, source=HISTORY)
