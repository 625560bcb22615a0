"""Shops: ingest's word on them is the first; what it publishes is what the other services know."""

from datetime import datetime

from mandegar.database import Connection
from mandegar.events import Event, derived_id
from mandegar.events.ingest import ShopUpdated
from mandegar.shops import Shop, load_shops, record_shops


async def lock_shop(connection: Connection, shop: str) -> Shop | None:
    """A shop as it is now; nobody else changes it until this transaction has ended."""
    await connection.execute("SELECT pg_advisory_xact_lock(7302, hashtext($1))", shop)
    return (await load_shops(connection, {shop})).get(shop)


async def save_shop(connection: Connection, shop: str, data: ShopUpdated, now: datetime) -> None:
    """Write the shop's settings; ``data.version`` must be the next one."""
    await record_shops(connection, [shop_event(shop, data, now, partition=0)])


def shop_event(shop: str, data: ShopUpdated, now: datetime, *, partition: int) -> Event:
    """The fact that a shop's settings are these, for one partition of the topic."""
    return Event(
        id=derived_id("ingest", f"shop|{shop}|{data.version}", "shop.updated", partition),
        source="urn:mandegar:service:ingest",
        type="shop.updated",
        time=now,
        shop=shop,
        recorded_time=now,
        data=data,
    )
