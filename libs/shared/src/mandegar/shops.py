"""Shops as a consuming service knows them: what ingest published, kept beside the service's own state."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mandegar.database import Connection
from mandegar.events import Event
from mandegar.events.ingest import ShopUpdated
from mandegar.stream import on


class Shop(NamedTuple):
    """A shop's settings; ``zone`` is an IANA name, ``currency`` an ISO code, ``phone_region`` a country code."""

    shop: str
    version: int
    name: str
    zone: str
    currency: str
    locale: str
    phone_region: str
    sender_email: str
    sms_sender: str


async def apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Keep the newest settings of each shop. A shop in a zone that does not exist is refused (``ZoneInfoNotFoundError``
    is a ``KeyError``), before its customers fail one by one."""
    for event in events:
        ZoneInfo(event.data.zone)
    await record_shops(connection, events)
    return ()


SHOPS = on({"shop.updated"}, apply)
"""What every service that knows shops reads first."""


async def record_shops(connection: Connection, events: Sequence[Event]) -> None:
    """Keep the newest version of each shop among ``events`` (of type ``shop.updated``; others are passed over)."""
    newest: dict[str, ShopUpdated] = {}
    for event in events:
        if event.type == "shop.updated" and event.data.version >= newest.get(event.shop, event.data).version:
            newest[event.shop] = event.data
    for shop, data in sorted(newest.items()):
        await connection.execute(
            """
            INSERT INTO shops (shop, version, name, zone, currency, locale, phone_region, sender_email, sms_sender)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (shop) DO UPDATE SET
                (version, name, zone, currency, locale, phone_region, sender_email, sms_sender)
                = (excluded.version, excluded.name, excluded.zone, excluded.currency, excluded.locale,
                   excluded.phone_region, excluded.sender_email, excluded.sms_sender)
            WHERE shops.version < excluded.version
            """,
            shop,
            data.version,
            data.name,
            data.zone,
            data.currency,
            data.locale,
            data.phone_region,
            data.sender_email,
            data.sms_sender,
        )


async def load_shops(connection: Connection, shops: Collection[str]) -> dict[str, Shop]:
    """The shops among ``shops`` that are known here."""
    rows = await connection.fetch(
        """
        SELECT shop, version, name, zone, currency, locale, phone_region, sender_email, sms_sender
        FROM shops WHERE shop = ANY($1::text[])
        """,
        list(shops),
    )
    return {row["shop"]: Shop(*row) for row in rows}
